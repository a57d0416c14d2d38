// Step: the pods. Makes what is missing, replaces what is not as it should be, one decision of
// rollout/ at a time. A pod is told apart by its node id, and deleted by its uid: never another one
// that took its name meanwhile.

import { annotationKeys, hasRole, podName } from '../desired/names.ts'
import { configSecret, type PodFacts, pod } from '../desired/pods.ts'
import { servedListeners } from '../desired/served-listeners.ts'
import { isConflict } from '../kube/errors.ts'
import { kinds } from '../kube/objects.ts'
import { viewOf } from '../observe/pods.ts'
import { decideRollout } from '../rollout/decide.ts'
import type { RolloutDecision, RolloutNode } from '../rollout/facts.ts'
import { bad, type Finding, good } from '../status/conditions.ts'
import { forceAwayLost } from './lost-pods.ts'
import { leavingNodes, podFacts, unaddressedBrokers, unknownAddresses } from './pod-facts.ts'
import type { Pass, Step, StepResult } from './step.ts'
import { heldBack } from './update-policy.ts'

/** While a roll is under way, pods tell their news by the watch; this is for what has no watch. */
const rollingAgainMs = 1_000
const parallelMax = 3

export const pods: Step = {
  condition: 'PodsReady',
  async run(pass) {
    if (servedListeners(pass.cluster).length === 0) {
      const finding = bad('NoListener', 'none of the listeners of the spec can be served')
      return { finding, againMs: null }
    }
    const waitsFor = unknownAddresses(pass)
    if (waitsFor.length > 0 && isNew(pass)) {
      // Nodes would be made anew as soon as their addresses are known.
      const finding = bad('WaitingForAddresses', waitsFor.join('; '))
      return { finding, againMs: rollingAgainMs, status: countsOf(pass, []) }
    }
    const facts = [...pass.nodes, ...leavingNodes(pass)].map((node) => podFacts(pass, node))
    for (const one of facts) {
      await pass.client.apply(kinds.secret, configSecret(one), pass.signal)
    }
    const wanted = new Set(pass.nodes.map(({ id }) => id))
    const nodes = facts
      .filter(({ node }) => wanted.has(node.id))
      .map((one) => rolloutNode(pass, one))
    await forceAwayLost(pass)
    const decision = decideRollout({
      nodes,
      live: pass.live,
      heldBack: waitsFor[0] ?? heldBack(pass),
      parallelMax,
    })
    // Who is leaving still holds what it has to give away: it is brought back, and left as it is.
    const leaving = facts.filter(({ node }) => !wanted.has(node.id) && !pass.pods.has(node.id))
    const unaddressed = unaddressedBrokers(pass)
    const create = [...decision.create, ...leaving.map(({ node }) => node.id)].filter(
      (id) => !unaddressed.has(id),
    )
    for (const id of create) await createPod(pass, facts, id)
    if (decision.blockedBy.length > 0) await tellBlocked(pass, decision)
    for (const id of decision.restart) await replacePod(pass, nodes, id)
    return result(pass, nodes, decision)
  },
}

function rolloutNode(pass: Pass, facts: PodFacts): RolloutNode {
  const { node, cluster } = facts
  const present = pass.pods.get(node.id)
  const { annotations } = present?.metadata ?? {}
  const wanted = pod(facts).metadata.annotations?.[annotationKeys.restartHash]
  const isOther = present !== undefined && annotations?.[annotationKeys.restartHash] !== wanted
  const isAsked = annotations?.[annotationKeys.restartAt] !== undefined
  return {
    id: node.id,
    pod: podName(cluster.metadata.name, node),
    isBroker: hasRole(node.pool, 'broker'),
    isController: hasRole(node.pool, 'controller'),
    state: viewOf(present).state,
    restartReason: isOther ? 'the pod is not what the spec says' : isAsked ? 'asked for' : null,
  }
}

async function createPod(pass: Pass, facts: readonly PodFacts[], id: number): Promise<void> {
  const one = facts.find(({ node }) => node.id === id)
  if (one === undefined) return
  try {
    await pass.client.create(kinds.pod, pod(one), pass.signal)
    await tell(pass, 'PodCreated', `made the pod of node ${id}`)
  } catch (error) {
    // It is there by now: the next pass sees it.
    if (!isConflict(error)) throw error
  }
}

async function replacePod(pass: Pass, nodes: readonly RolloutNode[], id: number): Promise<void> {
  const present = pass.pods.get(id)
  if (present === undefined) return
  const reason = nodes.find((node) => node.id === id)?.restartReason ?? ''
  await pass.client.delete(kinds.pod, present, {}, pass.signal)
  await tell(pass, 'PodReplaced', `replacing ${present.metadata.name}: ${reason}`)
}

function tell({ events, cluster }: Pass, reason: string, note: string): Promise<void> {
  return events.record(cluster, { type: 'Normal', reason, action: 'Roll', note })
}

function isNew({ cluster, live, pods: present }: Pass): boolean {
  return live === null && cluster.status?.clusterId === undefined && present.size === 0
}

function tellBlocked({ events, cluster }: Pass, { blockedBy, next }: RolloutDecision) {
  const note = `node ${next} waits: ${blockedBy.join('; ')}`
  return events.record(cluster, { type: 'Normal', reason: 'RollWaits', action: 'Roll', note })
}

function result(pass: Pass, nodes: readonly RolloutNode[], decision: RolloutDecision): StepResult {
  const { next, reason, remaining, blockedBy } = decision
  const ready = nodes.filter(({ state }) => state === 'ready')
  const isRolling = remaining > 0 || decision.create.length > 0
  const before = pass.cluster.status?.rollout
  const name = nodes.find(({ id }) => id === next)?.pod
  const rollout = {
    ...(reason !== null && { reason }),
    ...(name !== undefined && { next: name }),
    remaining,
    blockedBy,
    since: before?.since ?? new Date(pass.nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    awaitingApproval: blockedBy.some((text) => text.includes('approval')),
  }
  return {
    finding: finding(pass, nodes, ready, decision),
    againMs: isRolling ? rollingAgainMs : null,
    status: { ...countsOf(pass, ready), ...(remaining > 0 && { rollout }) },
  }
}

function countsOf({ nodes }: Pass, ready: readonly RolloutNode[]) {
  return {
    brokers: nodes.filter(({ pool }) => hasRole(pool, 'broker')).length,
    readyBrokers: ready.filter(({ isBroker }) => isBroker).length,
    nodes: nodes.map(({ id, pool, zone }) => ({
      id,
      pool: pool.name,
      roles: pool.roles,
      ready: ready.some((node) => node.id === id),
      ...(zone !== null && { zone }),
    })),
  }
}

function finding(
  pass: Pass,
  nodes: readonly RolloutNode[],
  ready: readonly RolloutNode[],
  { remaining, blockedBy }: RolloutDecision,
): Finding {
  if (ready.length < nodes.length) {
    const details = nodes.flatMap(({ id, pod: name, state }) => {
      if (state === 'ready') return []
      const { detail } = viewOf(pass.pods.get(id))
      return [detail === null ? `${name} is ${state}` : `${name} is ${state}: ${detail}`]
    })
    return bad('PodsNotReady', details.join('; '))
  }
  if (remaining === 0) return good('PodsReady', `${nodes.length} pods are ready`)
  const why = blockedBy.length > 0 ? `; waiting: ${blockedBy.join('; ')}` : ''
  return bad('Rolling', `${remaining} pods are still to be replaced${why}`)
}
