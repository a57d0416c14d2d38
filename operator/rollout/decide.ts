// Which pods may be replaced now, and why others wait. Pure: facts in, decision out; it remembers
// nothing, so that an operator that was killed in the middle of a roll goes on where it was. Never
// takes a partition below min.insync.replicas, nor the quorum its majority. What is missing is made
// first, what is stuck is repaired without waiting for itself, controllers go last, and the active
// one at the very end.

import type {
  PartitionFacts,
  QuorumFacts,
  RolloutDecision,
  RolloutFacts,
  RolloutNode,
} from './facts.ts'

/** Reasons told at once; more would only be noise. */
const blockersMax = 20

export function decideRollout(facts: RolloutFacts): RolloutDecision {
  const { nodes, heldBack } = facts
  const create = nodes.filter(({ state }) => state === 'missing').map(({ id }) => id)
  const due = nodes.filter((node) => node.restartReason !== null && node.state !== 'missing')
  const stuck = due.filter(({ state }) => state === 'stuck').map(({ id }) => id)
  const ordered = inOrder(
    due.filter(({ state }) => state !== 'stuck' && state !== 'terminating'),
    facts,
  )
  const [next] = ordered
  const nothing = { create, next: next?.id ?? stuck[0] ?? null, remaining: due.length }
  const reason = next?.restartReason ?? due[0]?.restartReason ?? null
  const waiting = (blockedBy: readonly string[]): RolloutDecision => ({
    ...nothing,
    reason,
    // A pod that does not run serves nobody: replacing it takes nothing away.
    restart: stuck,
    blockedBy: blockedBy.slice(0, blockersMax),
  })
  if (next === undefined) return waiting([])
  if (heldBack !== null) return waiting([heldBack])
  const unsettled = nodes.filter((node) => !isSettled(node, next))
  if (create.length > 0 || stuck.length > 0 || unsettled.length > 0) {
    return waiting(unsettled.map(unsettledText))
  }
  if (next.state === 'starting') return startingOnly(next, waiting)
  const chosen = choose(ordered, facts)
  if (chosen.blockedBy.length > 0) return waiting(chosen.blockedBy)
  return { ...nothing, reason, restart: chosen.ids, blockedBy: [] }
}

/** A pod that is on its way up has to go anyway, if nobody needs it to come up first. */
function startingOnly(
  next: RolloutNode,
  waiting: (blockedBy: readonly string[]) => RolloutDecision,
): RolloutDecision {
  return { ...waiting([]), restart: [next.id] }
}

function isSettled(node: RolloutNode, next: RolloutNode): boolean {
  return node.state === 'ready' || node.id === next.id
}

function unsettledText({ pod, state }: RolloutNode): string {
  return state === 'missing' ? `pod ${pod} is being made` : `pod ${pod} is ${stateText[state]}`
}

const stateText = {
  terminating: 'stopping',
  stuck: 'stuck',
  starting: 'not ready yet',
  ready: 'ready',
  missing: 'missing',
} as const

/** Not ready before ready, brokers before controllers, the active controller last. */
function inOrder(nodes: readonly RolloutNode[], { live }: RolloutFacts): RolloutNode[] {
  const leaderId = live?.quorum.leaderId ?? -1
  const rank = (node: RolloutNode) =>
    (node.id === leaderId ? 4 : 0) + (node.isController ? 2 : 0) + (node.state === 'ready' ? 1 : 0)
  return [...nodes].sort((a, b) => rank(a) - rank(b) || a.id - b.id)
}

interface Choice {
  readonly ids: readonly number[]
  readonly blockedBy: readonly string[]
}

function choose(ordered: readonly RolloutNode[], facts: RolloutFacts): Choice {
  const { live, parallelMax } = facts
  const [first, ...others] = ordered
  if (first === undefined) return { ids: [], blockedBy: [] }
  if (live === null) return { ids: [], blockedBy: ['the cluster cannot be asked how it is'] }
  const { partitions, quorum } = live
  const blockedBy = [
    ...(first.isController ? quorumBlockers(first, quorum) : []),
    ...(first.isBroker ? partitionBlockers(new Set([first.id]), partitions) : []),
  ]
  if (blockedBy.length > 0 || first.isController) return { ids: [first.id], blockedBy }
  const ids = new Set([first.id])
  for (const node of others) {
    if (ids.size >= parallelMax) break
    if (node.isController || !node.isBroker) continue
    const more = new Set([...ids, node.id])
    const share = partitions.some(
      ({ replicas }) => replicas.filter((id) => more.has(id)).length > 1,
    )
    if (!share && partitionBlockers(more, partitions).length === 0) ids.add(node.id)
  }
  return { ids: [...ids], blockedBy: [] }
}

/** The voters that go on must be a majority, and level with the leader. */
function quorumBlockers({ id, pod }: RolloutNode, { voters, caughtUp }: QuorumFacts): string[] {
  if (!voters.includes(id) || voters.length === 1) return []
  const others = voters.filter((voter) => voter !== id && caughtUp.includes(voter)).length
  const needed = voters.length === 2 ? 1 : Math.floor(voters.length / 2) + 1
  if (others >= needed) return []
  return [
    `controller of pod ${pod}: only ${others} of the other voters are level with the leader, ` +
      `and ${needed} must be`,
  ]
}

function partitionBlockers(
  stopped: ReadonlySet<number>,
  partitions: readonly PartitionFacts[],
): string[] {
  const blockers: string[] = []
  for (const { topic, index, replicas, isr, minInsyncReplicas } of partitions) {
    // It cannot lose any replica and go on, whoever is stopped when: waiting would be for ever.
    if (replicas.length <= minInsyncReplicas) continue
    if (!replicas.some((id) => stopped.has(id))) continue
    const left = isr.filter((id) => !stopped.has(id)).length
    if (left >= minInsyncReplicas) continue
    blockers.push(
      `${topic}-${index}: ${left} in-sync replicas would be left, min.insync.replicas is ` +
        `${minInsyncReplicas}`,
    )
    if (blockers.length >= blockersMax) break
  }
  return blockers
}
