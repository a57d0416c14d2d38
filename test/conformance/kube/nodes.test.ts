// Kubernetes nodes that die, and nodes that are drained one after the other.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { killNode, startNode } from '../../support/kube/harness.ts'
import { kubectl } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall } from '../../support/kube/release.ts'
import {
  combined,
  idOf,
  isPodReady,
  type Pod,
  TestCluster,
} from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('nodes')
})
afterAll(() => cluster.close())

it.each(['that votes', 'that leads the quorum'])(
  'killed with a node %s, leaderships move within 2 s; back, all is in sync within 60 s',
  async (which) => {
    const load = await KubeLoad.start(cluster)
    const { leader } = await cluster.admin.quorum()
    const pods = await cluster.pods()
    const isSought = (pod: Pod) => (idOf(pod) === leader) === (which === 'that leads the quorum')
    const victim = pods.find(isSought)
    if (victim?.spec.nodeName === undefined) throw new Error('the pod is nowhere')
    const id = idOf(victim)
    const leaders = async () => {
      const partitions = await cluster.without(id).admin.partitions(load.topic, 5_000)
      return partitions.map(({ leader: now }) => now)
    }
    expect(await leaders()).toContain(id)
    const killing = killNode(victim.spec.nodeName)
    let movedMs = Number.NaN
    try {
      await waitFor(async () => (await leaders()).every((now) => now !== id && now >= 0), {
        what: 'all leaderships to move',
        timeoutMs: 30_000,
      })
      movedMs = Date.now()
      movedMs -= await killing
      await load.goesOn()
    } finally {
      await startNode(victim.spec.nodeName)
    }
    const backMs = performance.now()
    await waitFor(async () => (await cluster.pods()).filter(isPodReady).length === 3, {
      what: 'three pods to be ready',
      timeoutMs: 120_000,
    })
    await cluster.inSync(load.topic)
    const syncMs = performance.now() - backMs
    console.log(
      `leaderships moved in ${movedMs} ms; in sync ${(syncMs / 1000).toFixed(1)} s after the return`,
    )
    const { anomalies } = await load.judge(`a killed node ${which}`)
    expect(anomalies).toEqual([])
    expect(movedMs).toBeLessThanOrEqual(2_000)
    expect(syncMs).toBeLessThanOrEqual(60_000)
  },
)

it('killed for good, its pod is made elsewhere after the time of the policy (24)', async () => {
  // Kubernetes itself lets go of the pod after five minutes, if nothing else is asked for.
  const tolerations = ['not-ready', 'unreachable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 5,
  }))
  const template = { pod: { spec: { tolerations, terminationGracePeriodSeconds: 10 } } }
  await cluster.change({ nodePools: [combined(3, { template })], lostNodeTimeoutSeconds: 5 })
  await cluster.ready(240_000)
  const load = await KubeLoad.start(cluster)
  const outside = cluster.addresses[0]?.host
  const victim = (await cluster.pods()).find((pod) => hostOf(pod) !== outside)
  if (victim?.spec.nodeName === undefined) throw new Error('the pod is nowhere')
  const startMs = performance.now()
  await killNode(victim.spec.nodeName)
  try {
    await waitFor(
      async () => {
        const { name, uid } = victim.metadata
        const now = (await cluster.pods()).find(({ metadata }) => metadata.name === name)
        return now !== undefined && now.metadata.uid !== uid && isPodReady(now)
      },
      { what: 'the pod to be ready on another node', timeoutMs: 120_000 },
    )
    await cluster.inSync(load.topic)
    const seconds = (performance.now() - startMs) / 1000
    console.log(`elsewhere and in sync ${seconds.toFixed(1)} s after the node was killed`)
    await cluster.ready()
  } finally {
    await startNode(victim.spec.nodeName)
  }
  const { anomalies } = await load.judge('a node that stays away')
  expect(anomalies).toEqual([])
})

it('drained in turn, brokers move one at a time (scenario 24)', async () => {
  // Of the other one, two brokers may share a node by now.
  const drained = await TestCluster.start('drained')
  try {
    const load = await KubeLoad.start(drained)
    const watch = await PodWatch.start(drained)
    const nodes = new Set((await drained.pods()).map(({ spec }) => spec.nodeName ?? ''))
    expect(nodes.size).toBe(3)
    for (const node of nodes) {
      await drain(node, drained)
      await drained.inSync(load.topic)
    }
    watch.stop()
    const { anomalies, p99Ms } = await load.judge('3 nodes drained')
    expect(anomalies).toEqual([])
    expect(watch.awayMax).toBe(1)
    expect(p99Ms).toBeLessThanOrEqual(500)
  } finally {
    await drained.close()
  }
})

/** As people do before they mend a machine; returns when the pods are ready elsewhere. */
async function drain(node: string, from: TestCluster): Promise<void> {
  const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=170s']
  await kubectl('drain', node, `--pod-selector=samsa.io/cluster=${from.name}`, ...options)
  await kubectl('uncordon', node)
  await waitFor(async () => (await from.pods()).filter(isPodReady).length === 3, {
    what: 'three pods to be ready',
    timeoutMs: 120_000,
  })
}

function hostOf(pod: Pod): string | undefined {
  return (pod.status as { hostIP?: string } | undefined)?.hostIP
}
