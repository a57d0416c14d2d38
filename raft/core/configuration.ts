// Arithmetic of quorums, also of joint ones (Raft, section 6). Pure.

import { assert } from './assert.ts'
import type { Configuration, VoterId } from './types.ts'

export const noVoters: Configuration = { voters: [], outgoing: [], learners: [] }

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0
}

export function isVoter(configuration: Configuration, id: VoterId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id)
}

/** Everyone that the log goes to, each once. */
export function membersOf({ voters, outgoing, learners }: Configuration): Set<VoterId> {
  return new Set([...voters, ...outgoing, ...learners])
}

/** Everyone that votes, each once. */
export function votersOf({ voters, outgoing }: Configuration): Set<VoterId> {
  return new Set([...voters, ...outgoing])
}

/** The sets of which each needs a majority of its own. */
function halves({ voters, outgoing }: Configuration): readonly (readonly VoterId[])[] {
  return outgoing.length === 0 ? [voters] : [voters, outgoing]
}

export function hasQuorum(configuration: Configuration, agrees: (id: VoterId) => boolean): boolean {
  return halves(configuration).every(
    (half) => half.filter(agrees).length > Math.floor(half.length / 2),
  )
}

/** The largest value that a quorum has reached or passed; -Infinity when there are no voters. */
export function quorumValue(
  configuration: Configuration,
  valueOf: (id: VoterId) => number,
): number {
  let reached = Number.POSITIVE_INFINITY
  for (const half of halves(configuration)) {
    const descending = half.map(valueOf).sort((a, b) => b - a)
    reached = Math.min(reached, descending[Math.floor(half.length / 2)] ?? Number.NEGATIVE_INFINITY)
  }
  return reached
}

function sameMembers(a: readonly VoterId[], b: readonly VoterId[]): boolean {
  const inB = new Set(b)
  return inB.size === new Set(a).size && a.every((id) => inB.has(id))
}

/** The first step from `current` to the wanted quorum, or null when nothing would change. */
export function change(
  current: Configuration,
  wanted: { readonly voters: readonly VoterId[]; readonly learners: readonly VoterId[] },
): Configuration | null {
  assert(!isJoint(current), 'a change begins when the one before it has ended')
  const voters = [...new Set(wanted.voters)]
  const learners = [...new Set(wanted.learners)].filter((id) => !voters.includes(id))
  if (!sameMembers(current.voters, voters)) return { voters, outgoing: current.voters, learners }
  if (!sameMembers(current.learners, learners)) return { voters, outgoing: [], learners }
  return null
}

/** The last step of a joint change. */
export function leaveJoint({ voters, learners }: Configuration): Configuration {
  return { voters, outgoing: [], learners }
}
