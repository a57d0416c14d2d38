// The controller quorum as the operator needs it, from what DescribeQuorum tells. Pure. A voter is
// level with the leader when it has what is committed and the leader saw so just now; both times
// are the leader's own, so that no two clocks are compared.

import type { Quorum } from '@samsa/cli/client/quorum'
import type { ClusterFacts } from './admin.ts'

/** Followers are heard from every few hundred milliseconds. */
const caughtUpWithinMs = 3_000

export function quorumFacts({ leaderId, highWatermark, members }: Quorum): ClusterFacts['quorum'] {
  const voters = members.filter(({ isVoter }) => isVoter)
  const observers = members.filter(({ isVoter }) => !isVoter)
  const nowMs = voters.find(({ id }) => id === leaderId)?.lastCaughtUpMs ?? 0
  const caughtUp = voters.filter(
    ({ id, logEndOffset, lastCaughtUpMs }) =>
      id === leaderId ||
      (logEndOffset >= highWatermark && nowMs - lastCaughtUpMs <= caughtUpWithinMs),
  )
  return {
    voters: voters.map(({ id }) => id),
    leaderId,
    caughtUp: leaderId < 0 ? [] : caughtUp.map(({ id }) => id),
    voterDirectories: directories(voters),
    observerDirectories: directories(observers),
  }
}

function directories(members: Quorum['members']): Map<number, string> {
  return new Map(members.map(({ id, directoryId }) => [id, directoryId]))
}
