// Pods on Kubernetes nodes that died: what is done so that their places are free again.

import { kinds } from '../kube/objects.ts'
import type { Pass } from './step.ts'

/**
 * A pod whose Kubernetes node does not answer stays as it is for ever. Once the cluster itself has
 * given the broker up, and time is over, it is taken away by force; its volumes can be attached
 * once only, so that no second one of the same id can write.
 */
export async function forceAwayLost(pass: Pass): Promise<void> {
  const { cluster, pods: present, live, client, events, nowMs, signal } = pass
  const { lostNodeTimeoutSeconds } = cluster.spec
  if (live === null || lostNodeTimeoutSeconds === 0) return
  for (const [id, one] of present) {
    const { deletionTimestamp, name } = one.metadata
    if (deletionTimestamp === undefined) continue
    const overMs = nowMs - Date.parse(deletionTimestamp)
    const isAlive =
      live.brokers.some((broker) => broker.id === id && !broker.isFenced) ||
      live.quorum.caughtUp.includes(id)
    if (isAlive || overMs < lostNodeTimeoutSeconds * 1_000) continue
    await client.delete(kinds.pod, one, { gracePeriodSeconds: 0 }, signal)
    const seconds = Math.round(overMs / 1_000)
    const note = `${name} has not gone in ${seconds} s: its node is taken for lost`
    await events.record(cluster, { type: 'Warning', reason: 'PodLost', action: 'Replace', note })
  }
}
