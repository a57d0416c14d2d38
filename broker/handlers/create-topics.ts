// CreateTopics (key 19), versions 2-7: makes topics, or says whether they could be made
// (validateOnly). KIP-464 defaults by -1 (v4), KIP-525 the new topic's configs in the answer (v5),
// KIP-516 its id (v7). Differs from Kafka: two topics of one request whose names collide ('a.b' and
// 'a_b') are not both made; there is no create.topic.policy.class.name and no throttling of
// mutations (KIP-599) yet.

import type { CreateTopicResult } from '@samsa/controller/requests'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { BrokerConfig } from '../config/broker-config.ts'
import { describeTopic } from '../config/describe.ts'
import type { Handler, ResponseOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

type Topic = ResponseOf<'createTopics'>['topics'][number]

export const createTopics: Handler<'createTopics'> = async (request, services) => {
  const { topics, validateOnly, timeoutMs } = request
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createTopics({ topics, validateOnly }),
  )
  if (asked.type === 'refused') {
    const fields = errorFields(asked.outcome)
    return { topics: topics.map(({ name }) => ({ name, topicId: zeroUuid, ...fields })) }
  }
  const config = services.config()
  return { topics: asked.answer.map((result) => topicOf(result, config)) }
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
