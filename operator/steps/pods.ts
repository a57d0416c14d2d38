// Step: the pods. Makes what is missing, replaces what is not as it should be, one decision of
// rollout/ at a time. A pod is told apart by its node id, and deleted by its uid: never another one
// that took its name meanwhile.

import { addressesOf } from '../desired/addresses.ts'
import { annotationKeys, type ClusterNode, hasRole, podName } from '../desired/names.ts'
import { configSecret, type PodFacts, pod } from '../desired/pods.ts'
import { serverProperties } from '../desired/server-properties.ts'
import { isConflict } from '../kube/errors.ts'
import { kinds } from '../kube/objects.ts'
import { viewOf } from '../observe/pods.ts'
import { decideRollout } from '../rollout/decide.ts'
import type { RolloutDecision, RolloutNode } from '../rollout/facts.ts'
import { bad, type Finding, good } from '../status/conditions.ts'
import { isDynamicConfig } from './dynamic-config.ts'
import type { Pass, Step, StepResult } from './step.ts'
import { heldBack } from './update-policy.ts'

/** While a roll is under way, pods tell their news by the watch; this is for what has no watch. */
const rollingAgainMs = 1_000
const parallelMax = 3

export const pods: Step = {
  condition: 'PodsReady',
  async run(pass) {
    const facts = pass.nodes.map((node) => podFacts(pass, node))
    for (const one of facts) {
      await pass.client.apply(kinds.secret, configSecret(one), pass.signal)
    }
    const nodes = facts.map((one) => rolloutNode(pass, one))
    const decision = decideRollout({
      nodes,
      live: pass.live,
      heldBack: heldBack(pass),
      parallelMax,
    })
    for (const id of decision.create) await createPod(pass, facts, id)
    for (const id of decision.restart) await replacePod(pass, nodes, id)
    return result(pass, nodes, decision)
  },
}

function podFacts(pass: Pass, node: ClusterNode): PodFacts {
  const { cluster, nodes, image } = pass
  const properties = serverProperties({
    cluster,
    node,
    controllers: nodes.filter(({ pool }) => hasRole(pool, 'controller')),
    addresses: addressesOf(pass.exposed, node.id),
    rack: null,
    isDynamic: isDynamicConfig,
  })
  const restartAt = cluster.metadata.annotations?.[annotationKeys.restartAt]
  return { cluster, node, image, properties, restartAt }
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
  const brokers = (all: readonly RolloutNode[]) => all.filter(({ isBroker }) => isBroker).length
  return {
    finding: finding(pass, nodes, ready, decision),
    againMs: isRolling ? rollingAgainMs : null,
    status: {
      brokers: brokers(nodes),
      readyBrokers: brokers(ready),
      nodes: pass.nodes.map(({ id, pool }) => ({
        id,
        pool: pool.name,
        roles: pool.roles,
        ready: ready.some((node) => node.id === id),
      })),
      ...(remaining > 0 && { rollout }),
    },
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
