// Clusters that are deleted: what stays, what comes back, and that nothing hangs.

import { beforeAll, expect, it } from 'vitest'
import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { dropNamespace, kubeClient, makeNamespace } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

beforeAll(() => helmInstall())

it('a cluster made again takes up its volumes, its id and its records (scenario 15)', async () => {
  const cluster = await TestCluster.start('return')
  try {
    const load = await KubeLoad.start(cluster)
    await load.goesOn()
    const written = await load.judge('before the deletion')
    const { clusterId } = await cluster.status()
    await kubeClient().delete(kinds.kafkaCluster, await cluster.get())
    await waitFor(async () => (await cluster.pods()).length === 0, {
      what: 'the pods to go',
      timeoutMs: 120_000,
    })
    const { items: claims } = await kubeClient().list<KubeObject>(kinds.volumeClaim, {
      namespace: cluster.namespace,
    })
    expect(claims).toHaveLength(3)
    await cluster.create()
    await cluster.ready()
    cluster.addresses.splice(0, cluster.addresses.length)
    await cluster.findBrokers()
    expect((await cluster.status()).clusterId).toBe(clusterId)
    const again = await load.readAgain(cluster)
    expect(again.anomalies).toEqual([])
    expect(again.records).toBe(written.acked)
  } finally {
    await cluster.close()
  }
})

it('a namespace with topics to delete is gone within 60 s (scenario 21)', async () => {
  const cluster = await TestCluster.start('going')
  await cluster.topic('to-delete', { partitions: 3, deletionPolicy: 'Delete' })
  const startMs = performance.now()
  await dropNamespace('going', 120_000)
  const seconds = (performance.now() - startMs) / 1000
  console.log(`the namespace was gone after ${seconds.toFixed(1)} s`)
  expect(seconds).toBeLessThanOrEqual(60)
})

it('a topic is let go of when its cluster is not there (scenario 21)', async () => {
  const cluster = await TestCluster.start('gone')
  try {
    await cluster.topic('to-delete', { partitions: 3, deletionPolicy: 'Delete' })
    await kubeClient().delete(kinds.kafkaCluster, await cluster.get())
    await waitFor(async () => (await cluster.pods()).length === 0, {
      what: 'the pods to go',
      timeoutMs: 120_000,
    })
    const metadata = { name: 'to-delete', namespace: 'gone' }
    await kubeClient().delete(kinds.kafkaTopic, { metadata })
    await waitFor(
      async () => (await kubeClient().get(kinds.kafkaTopic, 'gone', 'to-delete')) === null,
      { what: 'the topic to be gone', timeoutMs: 60_000 },
    )
  } finally {
    await cluster.close()
  }
})

it('a topic with deletionPolicy Delete goes with its resource, one with Retain stays', async () => {
  await makeNamespace('policies')
  const cluster = await TestCluster.start('policies')
  try {
    await cluster.topic('dropped', { partitions: 1, deletionPolicy: 'Delete' })
    await cluster.topic('kept', { partitions: 1 })
    for (const name of ['dropped', 'kept']) {
      const metadata = { name, namespace: 'policies' }
      await kubeClient().delete(kinds.kafkaTopic, { metadata })
    }
    await waitFor(async () => !(await hasTopic(cluster, 'dropped')), {
      what: 'the topic to be gone',
      timeoutMs: 30_000,
    })
    expect(await hasTopic(cluster, 'kept')).toBe(true)
  } finally {
    await cluster.close()
  }
})

async function hasTopic(cluster: TestCluster, topic: string): Promise<boolean> {
  return cluster.admin.partitions(topic, 1_000).then(
    (partitions) => partitions.length > 0,
    () => false,
  )
}
