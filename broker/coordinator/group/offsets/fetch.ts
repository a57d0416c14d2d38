// OffsetFetch for one group: what is durable. With require_stable (KIP-447) the answer waits for
// commits under way, and tells of those whose transactions are open.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { validateConsumerFetch } from '../consumer/offsets.ts'
import type { FetchOffsetsEvent } from '../events.ts'
import type { FetchedOffsetsTopic, OffsetFetchGroup } from '../messages.ts'
import type { Group } from '../shard-state.ts'
import { validateStreamsFetch } from '../streams/offsets.ts'
import type { Turn } from '../turn.ts'
import type { CommittedOffset, GroupOffsets, OffsetKey } from './offset-store.ts'

type FetchedPartition = FetchedOffsetsTopic['partitions'][number]

export function fetchOffsets(turn: Turn, event: FetchOffsetsEvent): void {
  const { groupId, request, token } = event
  const error = validateFetch(turn.state.groups.get(groupId), request)
  if (error !== null) {
    turn.respond(token, { groupId, topics: [], errorCode: errorCodes[error] })
    return
  }
  const offsets = turn.state.offsets.get(groupId)
  const mustWait = event.requireStable && event.hasWaited !== true
  if (mustWait && offsets !== undefined && waitsForCommits(turn, offsets, event)) return
  const { pendingOffsets } = turn.state
  const fetchedOf = (topic: string, partition: number, committed: CommittedOffset | undefined) => {
    const isUnstable = event.requireStable && pendingOffsets.has(groupId, { topic, partition })
    return isUnstable ? unstable(partition) : fetched(partition, committed)
  }
  const topics =
    request.topics === null
      ? allTopics(offsets, event.requireStable ? pendingOffsets.keys(groupId) : [])
      : request.topics.map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((partitionIndex) =>
            fetchedOf(name, partitionIndex, current(offsets?.get(name, partitionIndex), topicId)),
          ),
        }))
  turn.respond(token, { groupId, topics, errorCode: errorCodes.NONE })
}

function validateFetch(group: Group | undefined, request: OffsetFetchGroup): KafkaErrorName | null {
  if (group?.type === 'consumer') return validateConsumerFetch(group, request)
  if (group?.type === 'streams') return validateStreamsFetch(group, request)
  const namesMember = request.memberId !== null && request.memberEpoch >= 0
  return group === undefined && namesMember ? 'GROUP_ID_NOT_FOUND' : null
}

/** Has the event come again when the last commit now under way has ended. */
function waitsForCommits(turn: Turn, offsets: GroupOffsets, event: FetchOffsetsEvent): boolean {
  let lastWriteId: number | undefined
  for (const writeId of offsets.inFlight.keys()) lastWriteId = writeId
  if (lastWriteId === undefined) return false
  // Once is enough: later commits are later than the fetch.
  turn.state.writes.get(lastWriteId)?.next.push({ ...event, hasWaited: true })
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

function unstable(partitionIndex: number): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT,
  }
}

/** All that the group has committed; in the place of `pending` ones, that they are unstable. */
function allTopics(
  offsets: GroupOffsets | undefined,
  pending: readonly OffsetKey[],
): FetchedOffsetsTopic[] {
  const rows = new Map<string, Map<number, FetchedPartition>>()
  const put = (name: string, row: FetchedPartition) => {
    const partitions = rows.get(name) ?? new Map<number, FetchedPartition>()
    rows.set(name, partitions.set(row.partitionIndex, row))
  }
  for (const [name, partitions] of offsets?.topics() ?? []) {
    for (const [index, committed] of partitions) put(name, fetched(index, committed))
  }
  for (const { topic, partition } of pending) put(topic, unstable(partition))
  return Array.from(rows, ([name, partitions]) => ({
    name,
    topicId: zeroUuid,
    partitions: [...partitions.values()],
  }))
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
