// Changes of a cluster under load: what restarts pods, what does not, and what has to wait. Each
// with producers of acks=all and a consumer outside.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { isPodReady, TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('rolling')
})
afterAll(() => cluster.close())

/** Watches a roll: pods by the order in which they were taken, and the most that were away at once. */
async function watchRoll(start: () => Promise<void>) {
  const before = await cluster.incarnations()
  const order: string[] = []
  let awayMax = 0
  await start()
  await cluster.until(
    async ({ status, metadata }) => {
      const pods = await cluster.pods()
      const now = await cluster.incarnations()
      awayMax = Math.max(awayMax, before.size - pods.filter(isPodReady).length)
      for (const name of before.keys()) {
        if (now.get(name) !== before.get(name) && !order.includes(name)) order.push(name)
      }
      const isDone = [...before].every(([name, uid]) => now.has(name) && now.get(name) !== uid)
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')
      const isOfNow = status?.observedGeneration === metadata.generation
      return isDone && isOfNow && ready?.status === 'True'
    },
    'every pod to be replaced',
    240_000,
  )
  return { order, awayMax }
}

it('rolls one by one for a config that needs it, the active controller last (scenario 1)', async () => {
  const load = await KubeLoad.start(cluster)
  const { leader } = await cluster.status()
  const { order, awayMax } = await watchRoll(() =>
    cluster.change({ config: { 'num.partitions': 2 } }),
  )
  const { anomalies, p99Ms, refusals } = await load.judge('a roll')
  console.log(`order ${order.join(' ')}; the active controller was ${leader}`)
  expect(anomalies).toEqual([])
  expect(refusals.get('NOT_ENOUGH_REPLICAS')).toBeUndefined()
  expect(awayMax).toBe(1)
  expect(order).toHaveLength(3)
  expect(order.at(-1)).toBe(`samsa-nodes-${leader}`)
  expect(p99Ms).toBeLessThanOrEqual(500)
})

it('applies a dynamic config with no restart, on every broker (scenario 2)', async () => {
  const before = await cluster.incarnations()
  await cluster.change({ config: { 'log.retention.ms': 7_200_000 } })
  await cluster.ready()
  for (const { id } of cluster.addresses) {
    await waitFor(async () => (await cluster.brokerConfig(id, 'log.retention.ms')) === '7200000', {
      what: `broker ${id} to have it`,
      timeoutMs: 20_000,
    })
  }
  expect(await cluster.incarnations()).toEqual(before)
})

it('rolls past a topic that can afford no replica (scenario 4)', async () => {
  await cluster.topic('single', { partitions: 3, replicas: 1 })
  const { order, awayMax } = await watchRoll(() => cluster.restart())
  expect(order).toHaveLength(3)
  expect(awayMax).toBe(1)
})
