// What breaks is mended, by the operator alone or as soon as the spec is right again.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { kubeClient, kubectl, kubectlApply } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall, image, killPod } from '../../support/kube/release.ts'
import {
  combined,
  conditionOf,
  isPodReady,
  TestCluster,
  volume,
} from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('repair')
})
afterAll(() => cluster.close())

const stuck = ({
  status,
}: {
  status?: { conditions?: readonly { type: string; status: string }[] }
}) =>
  status?.conditions?.some(({ type, status: is }) => type === 'PodsReady' && is === 'False') ===
  true

describe('a spec that no pod can run by, and then a good one', () => {
  const goodImage = `${image().repository}:${image().tag}`
  const container = (over: object) => ({
    nodePools: [
      combined(3, { template: { pod: { spec: { containers: [{ name: 'samsa', ...over }] } } } }),
    ],
  })

  it.each([
    ['an image that cannot be pulled', { image: 'nowhere.invalid/samsa:none' }],
    ['a program that ends at once', { command: ['samsa', 'no-such-command'] }],
    ['more memory than any node has (scenario 7)', { resources: { requests: { memory: '9Ti' } } }],
  ])('%s heals by itself within 60 s (scenario 6)', async (_what, over) => {
    await cluster.change(container(over))
    await cluster.until(
      async (one) => stuck(one) && (await cluster.pods()).some((pod) => !isPodReady(pod)),
      'a pod to be stuck',
    )
    // The others are left alone: only one of three is out.
    await waitFor(async () => (await cluster.pods()).filter(isPodReady).length === 2, {
      what: 'two pods to be ready',
      timeoutMs: 30_000,
    })
    const startMs = performance.now()
    await cluster.change({ nodePools: [combined(3)] })
    await cluster.ready(120_000)
    const seconds = (performance.now() - startMs) / 1000
    console.log(`healed in ${seconds.toFixed(1)} s`)
    expect(seconds).toBeLessThanOrEqual(60)
    const pods = await cluster.pods()
    for (const { spec } of pods) expect(spec.containers[0]?.image).toBe(goodImage)
  })
})

it('a cluster that was bad from the start heals, with mixed roles too (scenario 6)', async () => {
  const other = new TestCluster('repair-all')
  const { makeNamespace } = await import('../../support/kube/kube.ts')
  await makeNamespace('repair-all')
  try {
    const bad = { containers: [{ name: 'samsa', image: 'nowhere.invalid/samsa:none' }] }
    await other.create({ nodePools: [combined(3, { template: { pod: { spec: bad } } })] })
    await other.until(
      async (one) => stuck(one) && (await other.pods()).length === 3,
      'all pods to be stuck',
    )
    const startMs = performance.now()
    await other.change({ nodePools: [combined(3)] })
    await other.ready(120_000)
    const seconds = (performance.now() - startMs) / 1000
    console.log(`healed in ${seconds.toFixed(1)} s`)
    expect(seconds).toBeLessThanOrEqual(60)
  } finally {
    await other.close()
  }
})

it('a killed pod is made again, with its id and volumes, in sync within 60 s (11)', async () => {
  const load = await KubeLoad.start(cluster)
  const [victim] = await cluster.pods()
  const startMs = performance.now()
  await killPod(cluster.namespace, victim?.metadata.name ?? '')
  await waitFor(
    async () => {
      const again = (await cluster.pods()).find(
        (one) => one.metadata.name === victim?.metadata.name,
      )
      return again !== undefined && again.metadata.uid !== victim?.metadata.uid && isPodReady(again)
    },
    { what: 'the pod to be back', timeoutMs: 60_000 },
  )
  await cluster.inSync(load.topic)
  const seconds = (performance.now() - startMs) / 1000
  console.log(`in sync ${seconds.toFixed(1)} s after the kill`)
  expect(seconds).toBeLessThanOrEqual(60)
  const { anomalies } = await load.judge('a killed pod')
  expect(anomalies).toEqual([])
})

it('what was made for it is made again, with no broker restarted (scenario 12)', async () => {
  const before = await cluster.incarnations()
  const owned = [kinds.service, kinds.secret, kinds.disruptionBudget, kinds.networkPolicy]
  for (const kind of owned) {
    const { items } = await cluster.list<KubeObject>(kind)
    expect(items.length).toBeGreaterThan(0)
    for (const item of items) await kubeClient().delete(kind, item)
    await waitFor(
      async () => {
        const { items: again } = await cluster.list<KubeObject>(kind)
        const names = new Set(again.map(({ metadata }) => metadata.name))
        return items.every(({ metadata }) => names.has(metadata.name))
      },
      { what: `every ${kind.kind} to be made again`, timeoutMs: 30_000 },
    )
  }
  await cluster.ready()
  expect(await cluster.incarnations()).toEqual(before)
  cluster.addresses.splice(0, cluster.addresses.length)
  await cluster.findBrokers()
})

it('volumes grow in use, and one grown by hand is fine (scenario 13)', async () => {
  const before = await cluster.incarnations()
  await cluster.change({ nodePools: [combined(3, { volumes: volume('2Gi') })] })
  await cluster.until((one) => conditionOf(one, 'StorageReady')?.status === 'True', 'growth')
  interface Claim extends KubeObject {
    readonly status: { readonly capacity: { readonly storage: string } }
  }
  const sizes = async () =>
    (await cluster.list<Claim>(kinds.volumeClaim)).items.map(
      ({ status }) => status.capacity.storage,
    )
  await waitFor(async () => (await sizes()).every((size) => size === '2Gi'), {
    what: 'every volume to have 2Gi',
    timeoutMs: 30_000,
  })
  const [first] = (await cluster.list<Claim>(kinds.volumeClaim)).items
  if (first === undefined) throw new Error('there is no volume')
  const larger = { spec: { resources: { requests: { storage: '3Gi' } } } }
  await kubeClient().merge(kinds.volumeClaim, first, larger)
  await waitFor(async () => (await sizes()).includes('3Gi'), { what: '3Gi', timeoutMs: 30_000 })
  await cluster.ready()
  expect(await cluster.incarnations()).toEqual(before)
})

it('a volume whose class does not let it grow is told, and holds up nothing else (13)', async () => {
  await makeFixedClass()
  const pool = (size: string) => combined(1, { volumes: [{ id: 0, size, class: 'fixed' }] })
  const config = { 'default.replication.factor': 1, 'min.insync.replicas': 1 }
  const fixed = await TestCluster.start('fixed', { nodePools: [pool('1Gi')], config })
  try {
    const before = await fixed.incarnations()
    const changed = { ...config, 'log.retention.ms': 7_200_000 }
    await fixed.change({ nodePools: [pool('2Gi')], config: changed })
    const told = await fixed.until(
      (one) => conditionOf(one, 'StorageReady')?.reason === 'VolumeProblem',
      'the volume to be told',
    )
    console.log(`told: ${conditionOf(told, 'StorageReady')?.message}`)
    const isApplied = async () => (await fixed.brokerConfig(0, 'log.retention.ms')) === '7200000'
    await waitFor(isApplied, { what: 'the config to be applied', timeoutMs: 20_000 })
    expect(await fixed.incarnations()).toEqual(before)
  } finally {
    await fixed.close()
  }
})

/** The default one, but for growth. */
async function makeFixedClass(): Promise<void> {
  interface StorageClass {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  }
  const text = await kubectl('get', 'storageclass', '-o', 'json')
  const { items } = JSON.parse(text) as { items: StorageClass[] }
  const mark = 'storageclass.kubernetes.io/is-default-class'
  const usual = items.find(({ metadata }) => metadata.annotations?.[mark] === 'true')
  if (usual === undefined) throw new Error('no StorageClass is the default')
  const fixed = { ...usual, metadata: { name: 'fixed' }, allowVolumeExpansion: false }
  const { code, text: answer } = await kubectlApply('default', [fixed])
  if (code !== 0) throw new Error(answer)
}

it('storage and resources in one patch converge (scenario 14)', async () => {
  const resources = { requests: { cpu: '50m', memory: '160Mi' }, limits: { memory: '640Mi' } }
  await cluster.change({ nodePools: [combined(3, { volumes: volume('4Gi'), resources })] })
  await cluster.ready(240_000)
  for (const { spec } of await cluster.pods()) {
    expect(spec.containers[0]).toMatchObject({ resources: { limits: { memory: '640Mi' } } })
  }
})
