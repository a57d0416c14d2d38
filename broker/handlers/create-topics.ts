// CreateTopics (key 19), versions 2-7: makes topics, or says whether they could be made
// (validateOnly). KIP-464 defaults by -1 (v4), KIP-525 the new topic's configs in the answer (v5),
// KIP-516 its id (v7). Differs from Kafka: two topics of one request whose names collide ('a.b' and
// 'a_b') are not both made; there is no create.topic.policy.class.name; controller_mutation_rate
// (KIP-599) is what a client may ask of each broker, not of the controller.

import type { CreateTopicResult } from '@samsa/controller/requests'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { BrokerConfig } from '../config/broker-config.ts'
import { describeTopic } from '../config/describe.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'
import { MutationQuota, quotaExceeded } from './shared/mutation-quota.ts'

type Topic = ResponseOf<'createTopics'>['topics'][number]

/** The first version that knows THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 6

export const createTopics: Handler<'createTopics'> = async (request, services, context) => {
  const { validateOnly, timeoutMs } = request
  const quota = new MutationQuota(services, context, strictSince)
  const config = services.config()
  const exists = (name: string) => services.metadata().topicsByName.has(name)
  const topics: typeof request.topics = []
  const refused: Topic[] = []
  for (const topic of request.topics) {
    const free = validateOnly || exists(topic.name)
    if (free || quota.allows(partitionsOf(topic, config))) topics.push(topic)
    else refused.push({ name: topic.name, topicId: zeroUuid, ...errorFields(quotaExceeded) })
  }
  const { throttleTimeMs } = quota
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createTopics({ topics, validateOnly }),
  )
  if (asked.type === 'refused') {
    const fields = errorFields(asked.outcome)
    const failed = topics.map(({ name }) => ({ name, topicId: zeroUuid, ...fields }))
    return { throttleTimeMs, topics: [...failed, ...refused] }
  }
  const made = asked.answer.map((result) => topicOf(result, config))
  return { throttleTimeMs, topics: [...made, ...refused] }
}

function partitionsOf(
  { assignments, numPartitions }: RequestOf<'createTopics'>['topics'][number],
  config: BrokerConfig,
): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? config.numPartitions : numPartitions
}

function topicOf(result: CreateTopicResult, config: BrokerConfig): Topic {
  const { name, topicId, numPartitions, replicationFactor } = result
  const failed = result.error !== 'NONE'
  return {
    name,
    topicId,
    ...errorFields(result),
    topicConfigErrorCode: errorCodes.NONE,
    numPartitions,
    replicationFactor,
    configs: failed ? [] : configsOf(result, config),
  }
}

function configsOf({ configs }: CreateTopicResult, config: BrokerConfig) {
  return describeTopic(config, configs).map((row) => ({
    name: row.name,
    value: row.value,
    readOnly: row.readOnly,
    configSource: row.source,
    isSensitive: row.isSensitive,
  }))
}
