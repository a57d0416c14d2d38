// Whatever valid change is made, and whenever it is taken back: the cluster is as it was, with
// nobody's help and nothing lost. In memory the same is tried by the thousand (test/property); here
// a few on real pods. SAMSA_KUBE_SEED repeats a run.

import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { SeededRandom } from '../../support/conformance/random.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { combined, isPodReady, TestCluster, volume } from '../../support/kube/test-cluster.ts'

const changes = process.env['SAMSA_KUBE_SCENARIOS'] === 'all' ? 12 : 3
/** A change is taken back when the operator may be anywhere with it. */
const backWithinMs = 15_000

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('random')
})
afterAll(() => cluster.close())

const listeners = [
  { name: 'plain', port: 9092, type: 'internal' },
  { name: 'outside', port: 9094, type: 'nodeport' },
]

interface Volumes {
  sizeGi: number
}

/** A spec that admission takes; whether pods can run by it is another matter. */
function anySpec(random: SeededRandom, state: Volumes): object {
  // Sizes never come back: volumes do not shrink.
  if (random.below(3) === 0) state.sizeGi++
  const over = random.pick<object>([
    {},
    { resources: { requests: { cpu: '50m' }, limits: { memory: '640Mi' } } },
    { resources: { requests: { memory: '9Ti' } } },
    { template: { pod: { spec: { terminationGracePeriodSeconds: 60 } } } },
  ])
  const extra = random.below(2) === 0 ? [] : [{ name: 'extra', port: 9099, type: 'internal' }]
  return specOf(state, over, {
    more: random.below(2),
    listeners: [...listeners, ...extra],
    config: random.pick<object>([{}, { 'num.partitions': 2 }, { 'log.retention.ms': 7_200_000 }]),
    rebalance: { onScaleUp: random.below(2) === 0, onScaleDown: random.below(2) === 0 },
    updatePolicy: { type: random.pick(['Automatic', 'OnApproval']) },
    paused: random.below(5) === 0,
  })
}

interface Choice {
  readonly more: number
  readonly config: object
  readonly [field: string]: unknown
}

function specOf({ sizeGi }: Volumes, over: object, { more, config, ...rest }: Choice): object {
  const volumes = volume(`${sizeGi}Gi`)
  const added = { ...combined(more, { volumes }), name: 'more', roles: ['broker'] }
  const nodePools = [combined(3, { volumes, ...over }), ...(more === 0 ? [] : [added])]
  const fixed = { 'default.replication.factor': 3, 'min.insync.replicas': 2 }
  return { nodePools, config: { ...fixed, ...config }, ...rest }
}

const plain = {
  more: 0,
  listeners,
  config: { 'num.partitions': null, 'log.retention.ms': null },
  rebalance: { onScaleUp: true, onScaleDown: true },
  updatePolicy: { type: 'Automatic' },
  paused: false,
}

it('is as it was once changes are taken back', async () => {
  const random = new SeededRandom(Number(process.env['SAMSA_KUBE_SEED'] ?? Date.now() % 1_000_000))
  console.log(`the changes are those of SAMSA_KUBE_SEED=${random.seed}`)
  const state = { sizeGi: 1 }
  const load = await KubeLoad.start(cluster)
  const watch = await PodWatch.start(cluster)
  for (let count = 1; count <= changes; count++) {
    const spec = anySpec(random, state)
    console.log(`change ${count}: ${JSON.stringify(spec)}`)
    await cluster.change(spec)
    await delay(random.next() * backWithinMs)
    await cluster.change(specOf(state, {}, plain))
    await cluster.ready(300_000)
    const pods = await cluster.pods()
    expect(pods.map(({ metadata }) => metadata.name)).toHaveLength(3)
    expect(pods.every(isPodReady)).toBe(true)
    await cluster.inSync(load.topic)
  }
  watch.stop()
  const { anomalies } = await load.judge(`${changes} changes that were taken back`)
  expect(anomalies).toEqual([])
  expect(watch.awayMax).toBeLessThanOrEqual(1)
  expect((await cluster.admin.quorum()).voters).toHaveLength(3)
  const { items } = await cluster.list<KubeObject>(kinds.service)
  expect(JSON.stringify(items)).not.toContain('9099')
})
