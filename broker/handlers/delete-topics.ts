// DeleteTopics (key 20), versions 1-6: deletes topics by name, from version 6 on (KIP-516) also by
// id. Differs from Kafka: internal topics are refused with INVALID_REQUEST, where Kafka leaves that
// to its own tool; controller_mutation_rate (KIP-599) is what a client may ask of each broker,
// not of the controller.

import type { MetadataImage } from '@samsa/controller/image'
import type { DeleteTopicResult, Outcome, TopicReference } from '@samsa/controller/requests'
import { isInternalTopic } from '@samsa/controller/topic-names'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { Handler, RequestOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'
import { MutationQuota, quotaExceeded } from './shared/mutation-quota.ts'

type Asked = RequestOf<'deleteTopics'>['topics'][number]

/** The first version that knows TOPIC_DELETION_DISABLED. */
const deletionDisabledSince = 3
/** The first one that knows THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 5

export const deleteTopics: Handler<'deleteTopics'> = async (request, services, context) => {
  const asked = [
    ...request.topics,
    ...request.topicNames.map((name): Asked => ({ name, topicId: zeroUuid })),
  ]
  if (!services.config().deleteTopicEnable) {
    const error =
      context.apiVersion < deletionDisabledSince ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED'
    const disabled: Outcome = { error, message: 'Topic deletion is disabled.' }
    return { responses: asked.map((topic) => response({ ...topic, ...disabled })) }
  }
  const image = services.metadata()
  const quota = new MutationQuota(services, context, strictSince)
  const refused: DeleteTopicResult[] = []
  const references: TopicReference[] = []
  for (const topic of asked) {
    const outcome = refusal(image, topic) ?? exceeded(image, topic, quota)
    if (outcome === null) references.push(reference(topic))
    else refused.push({ ...topic, ...outcome })
  }
  const answered = await askController(services, request.timeoutMs, () =>
    services.controller.deleteTopics({ topics: references }),
  )
  const results =
    answered.type === 'answered'
      ? answered.answer
      : references.map(({ name, topicId }) => ({
          name,
          topicId: topicId ?? zeroUuid,
          ...answered.outcome,
        }))
  const responses = [...refused, ...results].map(response)
  return { throttleTimeMs: quota.throttleTimeMs, responses }
}

function exceeded(image: MetadataImage, topic: Asked, quota: MutationQuota): Outcome | null {
  const { name, topicId } = topic
  const found = name === null ? image.topicsById.get(topicId) : image.topicsByName.get(name)
  return quota.allows(found?.partitions.length ?? 0) ? null : quotaExceeded
}

function refusal(image: MetadataImage, { name, topicId }: Asked): Outcome | null {
  const byId = topicId !== zeroUuid
  if (name === null && !byId) {
    return { error: 'INVALID_REQUEST', message: 'Neither topic name nor id were specified.' }
  }
  if (name !== null && byId) {
    return {
      error: 'INVALID_REQUEST',
      message: 'You may not specify both topic name and topic id.',
    }
  }
  const topicName = name ?? image.topicsById.get(topicId)?.name
  if (topicName === undefined || !isInternalTopic(topicName)) return null
  return { error: 'INVALID_REQUEST', message: `Topic ${topicName} is internal and stays.` }
}

function reference({ name, topicId }: Asked): TopicReference {
  return name === null ? { name, topicId } : { name, topicId: null }
}

function response(result: DeleteTopicResult) {
  const { name, topicId } = result
  return { name, topicId, ...errorFields(result) }
}
