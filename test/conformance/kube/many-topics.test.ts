// What the operator costs with many resources, and how soon all of them are served.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Kind, type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { kubeClient, kubectl } from '../../support/kube/kube.ts'
import { helmInstall, leader, releaseNamespace } from '../../support/kube/release.ts'
import { isReady, TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('many')
})
// Kubernetes deletes thousands of objects at a pace of its own: some two minutes.
afterAll(() => cluster?.close(280_000))

it('500 topics and 100 users: the operator stays within 128 MB', async () => {
  await applyTopics(0, 500)
  const users = Array.from({ length: 100 }, (_, index) => {
    const user = {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaUser',
      metadata: { name: `user-${index}`, namespace: cluster.namespace },
      spec: { clusterRef: { name: cluster.name }, authentication: { type: 'scram-sha-512' } },
    }
    return user
  })
  for (const user of users) await kubeClient().create(kinds.kafkaUser, user)
  await allReady(kinds.kafkaUser, users.length)
  const megabytes = await residentMegabytes()
  console.log(`the operator has ${megabytes.toFixed(0)} MB with 500 topics and 100 users`)
  expect(megabytes).toBeLessThanOrEqual(128)
})

it('2,000 KafkaTopics at once are Ready within 120 s', async () => {
  const seconds = await applyTopics(500, 2_500)
  console.log(`2,000 topics were Ready after ${seconds.toFixed(1)} s`)
  console.log(`the operator has ${(await residentMegabytes()).toFixed(0)} MB`)
  expect(seconds).toBeLessThanOrEqual(120)
})

/** Returns after how many seconds, from the first application, all were Ready. */
async function applyTopics(from: number, to: number): Promise<number> {
  const names = Array.from({ length: to - from }, (_, index) => `topic-${from + index}`)
  const startMs = performance.now()
  const left = [...names]
  const applier = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const spec = { partitions: 1, replicas: 3 }
      // As kubectl does with what is not there yet.
      await kubeClient().create(kinds.kafkaTopic, cluster.topicObject(name, spec))
    }
  }
  await Promise.all(Array.from({ length: 16 }, applier))
  console.log(`${names.length} applied in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  await allReady(kinds.kafkaTopic, to)
  return (performance.now() - startMs) / 1000
}

async function allReady(kind: Kind, count: number): Promise<void> {
  type Resource = KubeObject & Parameters<typeof isReady>[0]
  const { namespace } = cluster
  await waitFor(
    async () => {
      const { items } = await kubeClient().list<Resource>(kind, { namespace })
      return items.filter(isReady).length >= count
    },
    { what: `${count} of ${kind.kind} to be Ready`, timeoutMs: 400_000 },
  )
}

/** Of the operator that leads: resident, as the kernel counts it. */
async function residentMegabytes(): Promise<number> {
  const pod = await leader()
  const script = "console.log(require('fs').readFileSync('/proc/1/status','utf8'))"
  const where = ['-n', releaseNamespace, 'exec', pod ?? '', '--']
  const text = await kubectl(...where, 'node', '-e', script)
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? Number.NaN) / 1024
}
