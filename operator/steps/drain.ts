// Step: nodes that are to go. A broker is drained first (its replicas are put elsewhere), then
// unregistered, and only then its pod goes; a controller only once it has no vote. Nothing is taken
// that still holds something. Volumes stay or go by the cluster's deletion policy.

import { labelKeys } from '../desired/names.ts'
import { isNotFound } from '../kube/errors.ts'
import { kinds } from '../kube/objects.ts'
import { nodeIdOf } from '../observe/volumes.ts'
import { planDrain } from '../rollout/replica-moves.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step, StepResult } from './step.ts'

const againMs = 2_000
/** Somebody else has to do something first. */
const notEmptyAgainMs = 30_000

export const drain: Step = {
  condition: 'ScaleSettled',
  async run(pass) {
    if (pass.surplus.length === 0) return { finding: good('ScaleSettled'), againMs: null }
    if (pass.live === null) {
      return { finding: bad('ClusterUnreachable', pass.adminProblem ?? ''), againMs }
    }
    const leaving = pass.surplus.map(({ id }) => id)
    const holding = await drained(pass, leaving)
    if (holding !== null) return holding
    for (const id of leaving) {
      if (pass.live.quorum.voters.includes(id)) {
        return { finding: bad('Draining', `node ${id} still votes`), againMs }
      }
      await remove(pass, id)
    }
    return { finding: bad('Removing', `nodes ${leaving.join(', ')} are going`), againMs }
  },
}

/** What has to happen before they may go; null when nothing has. */
async function drained(pass: Pass, leaving: readonly number[]): Promise<StepResult | null> {
  const { live, cluster, admin, signal } = pass
  if (live === null) return null
  const held = live.partitions.filter(({ replicas }) => replicas.some((id) => leaving.includes(id)))
  if (held.length === 0) {
    await admin.removeThrottles(signal)
    return null
  }
  if (cluster.spec.rebalance?.onScaleDown === false) {
    const message =
      `brokers ${leaving.join(', ')} hold ${held.length} partitions, and ` +
      'rebalance.onScaleDown is false'
    const event = { type: 'Warning', reason: 'BrokersNotEmpty', action: 'Scale' } as const
    await pass.events.record(cluster, { ...event, note: message })
    return { finding: bad('BrokersNotEmpty', message), againMs: notEmptyAgainMs }
  }
  if (live.reassigning === 0) {
    const plan = planDrain(live, leaving)
    if (plan.problem !== null) return { finding: bad('CannotDrain', plan.problem), againMs }
    const throttle = cluster.spec.rebalance?.throttleBytesPerSecond ?? null
    await admin.reassign(plan.moves, throttle, signal)
  }
  const message = `${held.length} partitions are still on brokers ${leaving.join(', ')}`
  const rebalance = { state: 'Draining', movingPartitions: held.length } as const
  return { finding: bad('Draining', message), againMs, status: { rebalance } }
}

async function remove(pass: Pass, id: number): Promise<void> {
  const { pods, admin, client, cluster, claims, signal, live } = pass
  const present = pods.get(id)
  if (present !== undefined) {
    await client.delete(kinds.pod, present, {}, signal)
    return
  }
  if (live?.brokers.some((broker) => broker.id === id) === true) {
    await admin.unregisterBroker(id, signal)
  }
  await removeConfig(pass, id)
  for (const claim of claims) {
    if (nodeIdOf(claim) !== id) continue
    if (cluster.spec.deletionPolicy === 'Delete') {
      await client.delete(kinds.volumeClaim, claim, {}, signal)
    } else {
      // Kept, and of no node any more; one that takes the id again takes it up (storage.ts).
      await release(pass, claim)
    }
  }
}

async function removeConfig({ client, cluster, signal }: Pass, id: number): Promise<void> {
  const { name, namespace } = cluster.metadata
  const labelSelector = `${labelKeys.cluster}=${name},${labelKeys.nodeId}=${id}`
  const { items } = await client.list(kinds.secret, { namespace, labelSelector }, signal)
  for (const secret of items) await client.delete(kinds.secret, secret, {}, signal)
}

async function release({ client, signal }: Pass, claim: Pass['claims'][number]): Promise<void> {
  const labels = { [labelKeys.released]: 'true', [labelKeys.cluster]: null }
  try {
    await client.merge(kinds.volumeClaim, claim, { metadata: { labels } }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
