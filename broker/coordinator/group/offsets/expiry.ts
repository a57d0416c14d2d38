// Which committed offsets have outlived their retention (KIP-211): those of an empty group count
// from the time it became empty; those of a stable consumer group's unsubscribed topics, and of
// consumers without a group, from their commit. A group that rebalances, or whose protocol is not
// known, keeps all.

import type { Group } from '../shard-state.ts'
import type { Turn } from '../turn.ts'
import type { CommittedOffset, GroupOffsets, OffsetKey } from './offset-store.ts'

export function expiredKeys(group: Group, offsets: GroupOffsets, turn: Turn): OffsetKey[] {
  const countsFrom = retentionStart(group)
  if (countsFrom === null) return []
  const nowMs = turn.now.wallMs
  const keys: OffsetKey[] = []
  for (const [topic, partitions] of offsets.topics()) {
    if (group.isSubscribedTo(topic)) continue
    for (const [partition, committed] of partitions) {
      const expiresMs =
        committed.expireTimestampMs === -1
          ? countsFrom(committed) + turn.config.offsetsRetentionMs
          : committed.expireTimestampMs
      if (nowMs < expiresMs || offsets.isInFlight(topic, partition)) continue
      if (turn.state.pendingOffsets.has(group.groupId, { topic, partition })) continue
      keys.push({ topic, partition })
    }
  }
  return keys
}

function retentionStart(group: Group): ((committed: CommittedOffset) => number) | null {
  // A group of a newer protocol always knows what its members read.
  if (group.type !== 'classic' || group.protocolType === null)
    return ({ commitTimestampMs }) => commitTimestampMs
  if (group.state === 'Empty') {
    const emptySinceMs = group.stateTimestampMs
    return ({ commitTimestampMs }) => emptySinceMs ?? commitTimestampMs
  }
  const knowsItsTopics = group.usesConsumerProtocol && group.subscribedTopics !== null
  if (group.state === 'Stable' && knowsItsTopics)
    return ({ commitTimestampMs }) => commitTimestampMs
  return null
}
