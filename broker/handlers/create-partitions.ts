// CreatePartitions (key 37), versions 0-3: gives topics more partitions (KIP-195).
// Differs from Kafka: there is no throttling of mutations (KIP-599) yet.

import type { Handler } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

export const createPartitions: Handler<'createPartitions'> = async (request, services) => {
  const { validateOnly, timeoutMs } = request
  const topics = request.topics.map(({ name, count, assignments }) => ({
    name,
    count,
    assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
  }))
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createPartitions({ topics, validateOnly }),
  )
  if (asked.type === 'refused') {
    const fields = errorFields(asked.outcome)
    return { results: topics.map(({ name }) => ({ name, ...fields })) }
  }
  return { results: asked.answer.map((result) => ({ name: result.name, ...errorFields(result) })) }
}
