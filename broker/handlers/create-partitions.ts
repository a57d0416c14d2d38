// CreatePartitions (key 37), versions 0-3: gives topics more partitions (KIP-195).
// Differs from Kafka: controller_mutation_rate (KIP-599) is what a client may ask of each broker,
// not of the controller.

import type { Handler } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'
import { MutationQuota, quotaExceeded } from './shared/mutation-quota.ts'

/** The first version that knows THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 3

export const createPartitions: Handler<'createPartitions'> = async (request, services, context) => {
  const { validateOnly, timeoutMs } = request
  const quota = new MutationQuota(services, context, strictSince)
  const known = services.metadata().topicsByName
  const added = (name: string, count: number) => {
    const before = known.get(name)?.partitions.length
    return before === undefined || validateOnly ? 0 : count - before
  }
  const isAllowed = new Map(
    request.topics.map((topic) => [topic, quota.allows(added(topic.name, topic.count))]),
  )
  const topics = request.topics
    .filter((topic) => isAllowed.get(topic))
    .map(({ name, count, assignments }) => ({
      name,
      count,
      assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
    }))
  const refused = request.topics
    .filter((topic) => !isAllowed.get(topic))
    .map(({ name }) => ({ name, ...errorFields(quotaExceeded) }))
  const { throttleTimeMs } = quota
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createPartitions({ topics, validateOnly }),
  )
  const results =
    asked.type === 'answered'
      ? asked.answer.map((result) => ({ name: result.name, ...errorFields(result) }))
      : topics.map(({ name }) => ({ name, ...errorFields(asked.outcome) }))
  return { throttleTimeMs, results: [...results, ...refused] }
}
