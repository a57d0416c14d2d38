// OffsetFetch for one group: what is durable. With require_stable (KIP-447) the answer waits for
// commits under way.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { FetchOffsetsEvent } from '../events.ts'
import type { FetchedOffsetsTopic } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { CommittedOffset, GroupOffsets } from './offset-store.ts'

type FetchedPartition = FetchedOffsetsTopic['partitions'][number]

export function fetchOffsets(turn: Turn, event: FetchOffsetsEvent): void {
  const { groupId, request, token } = event
  const offsets = turn.state.offsets.get(groupId)
  if (event.requireStable && offsets !== undefined && waitsForCommits(turn, offsets, event)) return
  const topics =
    request.topics === null
      ? allTopics(offsets)
      : request.topics.map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((partitionIndex) =>
            fetched(partitionIndex, current(offsets?.get(name, partitionIndex), topicId)),
          ),
        }))
  turn.respond(token, { groupId, topics, errorCode: errorCodes.NONE })
}

/** Has the event come again when the last commit now under way has ended. */
function waitsForCommits(turn: Turn, offsets: GroupOffsets, event: FetchOffsetsEvent): boolean {
  let lastWriteId: number | undefined
  for (const writeId of offsets.inFlight.keys()) lastWriteId = writeId
  if (lastWriteId === undefined) return false
  // Once is enough: later commits are later than the fetch.
  turn.state.writes.get(lastWriteId)?.next.push({ ...event, requireStable: false })
  return true
}

/** An offset of a deleted topic says nothing about the new topic of that name (KIP-848, v10). */
function current(
  committed: CommittedOffset | undefined,
  topicId: string,
): CommittedOffset | undefined {
  if (committed === undefined) return undefined
  const isOther =
    committed.topicId !== zeroUuid && topicId !== zeroUuid && committed.topicId !== topicId
  return isOther ? undefined : committed
}

function allTopics(offsets: GroupOffsets | undefined): FetchedOffsetsTopic[] {
  const topics: FetchedOffsetsTopic[] = []
  for (const [name, partitions] of offsets?.topics() ?? []) {
    const answered = Array.from(partitions, ([index, committed]) => fetched(index, committed))
    topics.push({ name, topicId: zeroUuid, partitions: answered })
  }
  return topics
}

function fetched(partitionIndex: number, committed: CommittedOffset | undefined): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: errorCodes.NONE,
  }
}
