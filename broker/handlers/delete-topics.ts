// DeleteTopics (key 20), versions 1-6: deletes topics by name, from version 6 on (KIP-516) also by
// id. Differs from Kafka: internal topics are refused with INVALID_REQUEST, where Kafka leaves that
// to its own tool; there is no throttling of mutations (KIP-599) yet.

import type { MetadataImage } from '@samsa/controller/image'
import type { DeleteTopicResult, Outcome, TopicReference } from '@samsa/controller/requests'
import { isInternalTopic } from '@samsa/controller/topic-names'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { Handler, RequestOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

type Asked = RequestOf<'deleteTopics'>['topics'][number]

/** The first version that knows TOPIC_DELETION_DISABLED. */
const deletionDisabledSince = 3

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
  const refused: DeleteTopicResult[] = []
  const references: TopicReference[] = []
  for (const topic of asked) {
    const outcome = refusal(image, topic)
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
  return { responses: [...refused, ...results].map(response) }
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
