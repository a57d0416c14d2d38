// Kubernetes nodes that are drained one after the other, and one that dies.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { killNode, startNode } from '../../support/kube/harness.ts'
import { kubectl } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { isPodReady, type Pod, TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('nodes')
})
afterAll(() => cluster.close())

it('drained in turn, brokers move one at a time (scenario 24)', async () => {
  const load = await KubeLoad.start(cluster)
  const watch = await PodWatch.start(cluster)
  const nodes = new Set((await cluster.pods()).map(({ spec }) => spec.nodeName ?? ''))
  for (const node of nodes) {
    const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=170s']
    const selector = `--pod-selector=samsa.io/cluster=${cluster.name}`
    await kubectl('drain', node, selector, ...options)
    await kubectl('uncordon', node)
    await waitFor(async () => (await cluster.pods()).filter(isPodReady).length === 3, {
      what: 'three pods to be ready',
      timeoutMs: 120_000,
    })
    await cluster.inSync(load.topic)
  }
  watch.stop()
  const { anomalies, p99Ms } = await load.judge(`${nodes.size} nodes drained`)
  expect(anomalies).toEqual([])
  expect(watch.awayMax).toBe(1)
  expect(p99Ms).toBeLessThanOrEqual(500)
})

it('killed, its leaderships move within 2 s; back, all is in sync within 60 s', async () => {
  const load = await KubeLoad.start(cluster)
  const { leader } = await cluster.status()
  const outside = cluster.addresses[0]?.host
  const pods = await cluster.pods()
  const victim = pods.find((pod) => idOf(pod) !== leader && hostOf(pod) !== outside) ?? pods[0]
  if (victim?.spec.nodeName === undefined) throw new Error('the pod is nowhere')
  const id = idOf(victim)
  const startMs = performance.now()
  await killNode(victim.spec.nodeName)
  const killedMs = performance.now()
  let movedMs = Number.NaN
  try {
    await waitFor(
      async () => {
        const { partitions } = await elsewhere(id)
        return partitions.every(({ leader: now }) => now !== id && now >= 0)
      },
      { what: 'all leaderships to move', timeoutMs: 30_000 },
    )
    movedMs = performance.now() - killedMs
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
    `killing took ${(killedMs - startMs).toFixed(0)} ms, leaderships moved ` +
      `${movedMs.toFixed(0)} ms after it; in sync ${(syncMs / 1000).toFixed(1)} s after the return`,
  )
  const { anomalies } = await load.judge('a killed node')
  expect(anomalies).toEqual([])
  expect(movedMs).toBeLessThanOrEqual(2_000)
  expect(syncMs).toBeLessThanOrEqual(60_000)

  async function elsewhere(gone: number) {
    const others = new TestCluster(cluster.namespace)
    others.addresses.push(...cluster.addresses.filter((address) => address.id !== gone))
    return { partitions: await others.admin.partitions(load.topic, 2_000) }
  }
})

function idOf({ metadata }: Pod): number {
  return Number(metadata.labels?.['samsa.io/node-id'])
}

function hostOf(pod: Pod): string | undefined {
  return (pod.status as { hostIP?: string } | undefined)?.hostIP
}
