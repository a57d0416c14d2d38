// Step: brokers that were added take their share of replicas and leaders, copied no faster than the
// spec allows. Which brokers replicas have been spread over is in the status: a lost status costs
// one more look, since a plan for what is even already is empty.

import { annotationKeys, hasRole } from '../desired/names.ts'
import { planBalance } from '../rollout/replica-moves.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step, StepResult } from './step.ts'

const againMs = 2_000

export const rebalance: Step = {
  condition: 'Balanced',
  async run(pass) {
    const { cluster, live, adminProblem } = pass
    if (live === null) return { finding: bad('ClusterUnreachable', adminProblem ?? ''), againMs }
    const brokers = pass.nodes.filter(({ pool }) => hasRole(pool, 'broker')).map(({ id }) => id)
    const before = cluster.status?.rebalance
    const request = cluster.metadata.annotations?.[annotationKeys.rebalance]
    const isAsked = request !== undefined && request !== before?.request
    const known = isAsked ? [] : before?.brokers
    const added = brokers.filter((id) => known?.includes(id) === false)
    const done = { state: 'Done', brokers, ...(request !== undefined && { request }) } as const
    if (known === undefined || added.length === 0) {
      return { finding: good('Balanced'), againMs: null, status: { rebalance: done } }
    }
    if (cluster.spec.rebalance?.onScaleUp === false && !isAsked) {
      const message = `brokers ${added.join(', ')} are left empty: rebalance.onScaleUp is false`
      return { finding: good('NotWanted', message), againMs: null, status: { rebalance: done } }
    }
    return spread(pass, added, done)
  },
}

async function spread(
  pass: Pass,
  added: readonly number[],
  done: { readonly state: 'Done'; readonly brokers: readonly number[] },
): Promise<StepResult> {
  const { live, admin, cluster, signal, surplus, events } = pass
  if (live === null) return { finding: bad('ClusterUnreachable', ''), againMs }
  const { brokers } = done
  // Until it is done the status keeps what it knew: who takes over has the same to do.
  const { brokers: known = [], request } = cluster.status?.rebalance ?? {}
  const before = {
    state: 'Moving',
    brokers: known,
    ...(request !== undefined && { request }),
  } as const
  const waiting = (reason: string, message: string): StepResult => ({
    finding: bad(reason, message),
    againMs,
    status: { rebalance: { ...before, movingPartitions: live.reassigning, message } },
  })
  const absent = added.filter((id) => live.brokers.every((one) => one.id !== id || one.isFenced))
  if (absent.length > 0)
    return waiting('WaitingForBrokers', `brokers ${absent.join(', ')} are not up`)
  if (live.reassigning > 0) return waiting('Moving', `${live.reassigning} partitions are moving`)
  const plan = planBalance(
    live,
    brokers,
    surplus.map(({ id }) => id),
  )
  if (plan.problem !== null) return waiting('CannotBalance', plan.problem)
  if (plan.moves.length > 0) {
    const throttle = cluster.spec.rebalance?.throttleBytesPerSecond ?? null
    await admin.reassign(plan.moves, throttle, signal)
    const note = `moving ${plan.moves.length} partitions for brokers ${added.join(', ')}`
    await events.record(cluster, { type: 'Normal', reason: 'Rebalance', action: 'Rebalance', note })
    return waiting('Moving', `${plan.moves.length} partitions are moving`)
  }
  await admin.removeThrottles(signal)
  const finding = good('Balanced', `brokers ${added.join(', ')} have taken their share`)
  return { finding, againMs: null, status: { rebalance: done } }
}
