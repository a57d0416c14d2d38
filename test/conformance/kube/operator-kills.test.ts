// The operators are killed again and again while a cluster grows, shrinks and rolls.

import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall, killPod, operatorPods, releaseNamespace } from '../../support/kube/release.ts'
import { combined, isPodReady, TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('killed')
})
afterAll(() => cluster.close())

it('killed twenty times while the cluster grows and rolls, it converges', async () => {
  const load = await KubeLoad.start(cluster)
  const watch = await PodWatch.start(cluster)
  for (let round = 0; round < 5; round++) {
    const brokers = 3 + ((round + 1) % 2)
    const pools = [combined(3), { ...combined(brokers - 3), name: 'more', roles: ['broker'] }]
    await cluster.change({ nodePools: brokers === 3 ? [combined(3)] : pools })
    await cluster.restart()
    for (let kill = 0; kill < 4; kill++) {
      await delay(500 + 700 * ((round * 4 + kill) % 5))
      for (const { metadata } of await operatorPods())
        await killPod(releaseNamespace, metadata.name)
    }
    await cluster.ready(300_000)
    console.log(`round ${round + 1}: converged with ${brokers} brokers`)
  }
  watch.stop()
  await cluster.findBrokers()
  const { anomalies } = await load.judge('twenty kills of the operator')
  expect(anomalies).toEqual([])
  expect(watch.awayMax).toBe(1)
  const pods = await cluster.pods()
  expect(pods).toHaveLength(4)
  expect(pods.every(isPodReady)).toBe(true)
})
