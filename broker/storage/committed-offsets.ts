// What a group has committed: asked of the coordinator in this broker, or of the broker that has
// it, on the caller's behalf.

import { offsetsTopic } from '@samsa/controller/topic-names'
import type {
  CommittedOffset,
  CommittedOffsetInit,
  FetchCommittedOffsetsRequest,
} from '@samsa/proto/grpc/gen/storage'
import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { Services } from '../services.ts'
import { StorageError } from './failure.ts'
import { itemsMax } from './limits.ts'
import { grpcAddress, leaderOf } from './partitions.ts'

/** Asks another broker's storage API; rejects with a StorageError. */
export type AskPeer = (
  address: { readonly host: string; readonly port: number },
  request: FetchCommittedOffsetsRequest,
  signal: AbortSignal,
) => Promise<readonly CommittedOffset[]>

export interface CommittedOffsetsOptions {
  readonly services: Services
  readonly askPeer: AskPeer
}

/** A caller with no connection of Kafka's: the newest version of OffsetFetch that knows names. */
const apiVersion = 9

export async function fetchCommittedOffsets(
  { services, askPeer }: CommittedOffsetsOptions,
  request: FetchCommittedOffsetsRequest,
  caller: { readonly clientHost: string; readonly signal: AbortSignal; readonly isPeer: boolean },
): Promise<readonly CommittedOffsetInit[]> {
  const { groupId, partitions } = request
  if (groupId === '') throw new StorageError('INVALID_GROUP_ID', 'no group is named')
  if (partitions.length > itemsMax) {
    throw new StorageError('INVALID_REQUEST', `more than ${itemsMax} partitions in a request`)
  }
  const image = services.metadata()
  const index = services.groups.partitionFor(groupId)
  const keeper = image.topicsByName.get(offsetsTopic)?.partitions[index]
  if (keeper !== undefined && keeper.leader !== services.nodeId) {
    const { host, port } = grpcAddress(image, keeper.leader)
    // Each of two brokers may take the other for the keeper for a moment: one step is enough.
    if (port > 0 && !caller.isPeer) return askPeer({ host, port }, request, caller.signal)
    throw new StorageError('NOT_COORDINATOR', `this broker does not keep the group ${groupId}`, {
      context: { leader: leaderOf(image, keeper) },
    })
  }
  // Nothing was ever committed in a cluster without the topic.
  if (keeper === undefined) {
    return partitions.map(({ topic, partition }) => {
      return { topic, partition, offset: -1, leaderEpoch: -1, metadata: '' }
    })
  }
  return fetchHere(services, request, caller)
}

async function fetchHere(
  services: Services,
  { groupId, partitions }: FetchCommittedOffsetsRequest,
  { clientHost, signal }: { readonly clientHost: string; readonly signal: AbortSignal },
): Promise<readonly CommittedOffsetInit[]> {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
  const topics = Array.from(byTopic, ([name, of]) => ({
    name,
    topicId: zeroUuid,
    partitionIndexes: of.map(({ partition }) => partition),
  }))
  const answer = await services.groups.fetchOffsets(
    {
      groupId,
      memberId: null,
      memberEpoch: -1,
      topics: partitions.length === 0 ? null : topics,
    },
    { requireStable: true },
    { apiVersion, clientId: null, clientHost, signal },
  )
  const errorCode = answer.errorCode ?? errorCodes.NONE
  if (errorCode !== errorCodes.NONE) {
    const { name, text } = errorByCode(errorCode)
    throw new StorageError(name, text)
  }
  return answer.topics.flatMap(({ name, partitions: found }) =>
    found.map((one) => ({
      topic: name ?? '',
      partition: one.partitionIndex,
      offset: one.committedOffset,
      leaderEpoch: one.committedLeaderEpoch ?? -1,
      metadata: one.metadata ?? '',
    })),
  )
}
