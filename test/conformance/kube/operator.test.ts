// The operator that leads goes away in the middle of a roll, in several ways, and another takes
// over.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { cutOff, heal, killPrograms } from '../../support/kube/harness.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import {
  helmInstall,
  holder,
  killPod,
  leadingPod,
  newHolder,
  type OperatorPod,
} from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('operated')
})
afterAll(() => cluster.close())

const nothing = async () => {}

it.each([
  ['killed with SIGKILL', killPrograms, nothing],
  ['cut off from the network', (pod: OperatorPod) => cutOff(pod), heal],
])(
  '%s, another takes over within 30 s and goes on with the same roll (18)',
  async (how, end, mend) => {
    const load = await KubeLoad.start(cluster)
    const watch = await PodWatch.start(cluster)
    const victim = await leadingPod()
    const before = (await holder()) ?? ''
    await cluster.restart()
    await watch.until(() => watch.replaced.size >= 1, 'the first pod to be replaced')
    const startMs = performance.now()
    await end(victim)
    try {
      await newHolder(before, 60_000)
      const seconds = (performance.now() - startMs) / 1000
      console.log(`another led ${seconds.toFixed(1)} s after the first was ${how}`)
      expect(seconds).toBeLessThanOrEqual(30)
      await watch.until(() => watch.replaced.size === 3, 'the roll to go on to its end')
      await cluster.ready(120_000)
    } finally {
      await mend(victim)
    }
    watch.stop()
    const { anomalies } = await load.judge(`a roll whose operator was ${how}`)
    expect(anomalies).toEqual([])
    expect(watch.awayMax).toBe(1)
    for (const times of watch.replaced.values()) expect(times).toBe(1)
    // The next one needs two again, both of them able to lead.
    if (mend !== nothing) await killPod(victim.metadata.namespace ?? '', victim.metadata.name)
    await helmInstall()
  },
)
