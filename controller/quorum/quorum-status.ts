// What DescribeQuorum tells, from the state of a voter: offsets of metadata for positions in the
// Raft log, wall time for its clock's.

import type { VoterStatus } from '@samsa/raft/core/status'
import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { QuorumLeader, QuorumReplica, QuorumStatus } from '../metadata-log.ts'
import type { OffsetMap } from './offset-map.ts'

export function quorumStatus(of: {
  readonly self: VoterId
  readonly leader: QuorumLeader
  readonly status: VoterStatus | null
  readonly offsets: OffsetMap
  /** Now, by the voter's clock and by the wall's. */
  readonly monotonicMs: number
  readonly nowMs: number
}): QuorumStatus {
  const { self, leader, status, offsets, monotonicMs, nowMs } = of
  const highWatermark = offsets.last.offset + 1
  if (status === null) return { ...leader, highWatermark, voters: [], observers: [] }
  const wallTime = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? -1 : Math.round(nowMs - (monotonicMs - ms))
  const leads = status.role === 'leader'
  const replica = (id: VoterId): QuorumReplica => {
    const follower = status.followers.get(id)
    const isLeader = leads && id === self
    const match = id === self ? status.last.index : (follower?.match ?? 0)
    const isKnown = id === self || follower !== undefined
    return {
      replicaId: nodeIdOf(id),
      directoryId: id.slice(id.indexOf('@') + 1),
      logEndOffset: isKnown ? offsets.offsetAt(match) + 1 : -1,
      lastFetchTimestampMs: isLeader ? nowMs : wallTime(follower?.lastContactMs),
      lastCaughtUpTimestampMs: isLeader ? nowMs : wallTime(follower?.caughtUpMs),
    }
  }
  const { voters, learners } = status.configuration
  return {
    ...leader,
    highWatermark,
    voters: voters.map(replica),
    observers: learners.filter((id) => !voters.includes(id)).map(replica),
  }
}
