// OffsetFetch (key 9), versions 1-10: what groups have committed. All topics when none are named
// (v2), KIP-320 leader epochs (v5), KIP-447 require_stable (v7), several groups (KIP-709, v8),
// KIP-848 member epochs (v9, not checked for classic groups), topic ids instead of names (v10). A
// partition without an offset has -1 and no error. Differs from Kafka: nothing known.

import type { MetadataImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { Services } from '../services.ts'
import type { Handler, RequestContext, RequestOf, ResponseOf } from './handler.ts'

type AskedGroup = RequestOf<'offsetFetch'>['groups'][number]
type AskedTopic = NonNullable<AskedGroup['topics']>[number]
type AnsweredGroup = NonNullable<ResponseOf<'offsetFetch'>['groups']>[number]
type AnsweredTopic = AnsweredGroup['topics'][number]

const severalGroupsSince = 8
const topLevelErrorSince = 2
const topicIdsSince = 10

export const offsetFetch: Handler<'offsetFetch'> = async (request, services, context) => {
  const { requireStable } = request
  if (context.apiVersion < severalGroupsSince) return fetchOldForm(request, services, context)
  const groups = await Promise.all(
    request.groups.map((group) => fetchGroup(group, requireStable, services, context)),
  )
  return { groups }
}

async function fetchGroup(
  asked: AskedGroup,
  requireStable: boolean,
  services: Services,
  context: RequestContext,
): Promise<AnsweredGroup> {
  if (context.apiVersion < topicIdsSince) {
    return services.groups.fetchOffsets(asked, { requireStable }, context)
  }
  const image = services.metadata()
  const known = asked.topics?.flatMap((topic) => withName(topic, image)) ?? null
  const unknown = asked.topics?.filter(({ topicId }) => !image.topicsById.has(topicId)) ?? []
  const group = { ...asked, topics: known }
  const answer = await services.groups.fetchOffsets(group, { requireStable }, context)
  if (answer.errorCode !== errorCodes.NONE) return answer
  const topics = answer.topics.flatMap((topic) => withId(topic, image))
  return { ...answer, topics: [...topics, ...unknown.map(unknownTopic)] }
}

function withName(topic: AskedTopic, image: MetadataImage): AskedTopic[] {
  const name = image.topicsById.get(topic.topicId)?.name
  return name === undefined ? [] : [{ ...topic, name }]
}

/** A topic that is gone has no id to answer with. */
function withId(topic: AnsweredTopic, image: MetadataImage): AnsweredTopic[] {
  const topicId = image.topicsByName.get(topic.name ?? '')?.id
  return topicId === undefined ? [] : [{ ...topic, topicId }]
}

function unknownTopic({ topicId, partitionIndexes }: AskedTopic): AnsweredTopic {
  return { topicId, partitions: failed(partitionIndexes, errorCodes.UNKNOWN_TOPIC_ID) }
}

function failed(partitionIndexes: readonly number[], errorCode: number) {
  return partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode,
  }))
}

/** One group, whose error stands with every partition in v1, and once for all from v2 on. */
async function fetchOldForm(
  request: RequestOf<'offsetFetch'>,
  services: Services,
  context: RequestContext,
): Promise<ResponseOf<'offsetFetch'>> {
  const asked = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
  const group = { groupId: request.groupId, memberId: null, memberEpoch: -1, topics: asked }
  const { requireStable } = request
  const answer = await services.groups.fetchOffsets(group, { requireStable }, context)
  const errorCode = answer.errorCode ?? errorCodes.NONE
  if (errorCode !== errorCodes.NONE && context.apiVersion < topLevelErrorSince) {
    const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: failed(partitionIndexes, errorCode),
    }))
    return { topics }
  }
  const topics = answer.topics.map(({ name = '', partitions }) => ({ name, partitions }))
  return { errorCode, topics }
}
