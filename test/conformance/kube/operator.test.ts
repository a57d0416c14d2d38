// The operator goes away in the middle of a roll, and another takes over.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import {
  helmInstall,
  killPod,
  leader,
  newLeader,
  releaseNamespace,
} from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('operated')
})
afterAll(() => cluster.close())

it('another takes over within 30 s and goes on with the same roll (scenario 18)', async () => {
  const load = await KubeLoad.start(cluster)
  const watch = await PodWatch.start(cluster)
  const before = await leader()
  if (before === undefined) throw new Error('nobody leads')
  await cluster.restart()
  await watch.until(() => watch.replaced.size >= 1, 'the first pod to be replaced')
  const startMs = performance.now()
  await killPod(releaseNamespace, before)
  await newLeader(before, 60_000)
  const seconds = (performance.now() - startMs) / 1000
  await watch.until(() => watch.replaced.size === 3, 'the roll to go on to its end')
  await cluster.ready(120_000)
  watch.stop()
  const { anomalies } = await load.judge('a roll with another operator')
  console.log(`another led after ${seconds.toFixed(1)} s`)
  expect(seconds).toBeLessThanOrEqual(30)
  expect(anomalies).toEqual([])
  expect(watch.awayMax).toBe(1)
  for (const times of watch.replaced.values()) expect(times).toBe(1)
})
