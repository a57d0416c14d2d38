// From nothing to a cluster that serves: the chart, the example of three brokers, clients in a pod
// and outside, and the topics that are edited as resources.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { dropNamespace, kubectl, kubectlApply, makeNamespace } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { kcatImage, runInPod } from '../../support/kube/run-in-pod.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

const namespace = 'first'
const example = new URL('../../../examples/three-brokers.yaml', import.meta.url).pathname
const cluster = new TestCluster(namespace)

beforeAll(async () => {
  await helmInstall()
  await makeNamespace(namespace)
})
afterAll(() => dropNamespace(namespace))

describe('three brokers by helm install and kubectl apply', () => {
  it('are Ready within 45 s, and kubectl wait tells the truth', async () => {
    const startMs = performance.now()
    await kubectl('-n', namespace, 'apply', '-f', example)
    const asked = ['kafkacluster/samsa', 'kafkatopic/orders', '--for=condition=Ready']
    await kubectl('-n', namespace, 'wait', ...asked, '--timeout=90s')
    const seconds = (performance.now() - startMs) / 1000
    console.log(`Ready after ${seconds.toFixed(1)} s`)
    const pods = await kubectl('-n', namespace, 'get', 'pods', '-o', 'json')
    const { items } = JSON.parse(pods) as { items: { status: { conditions: object[] } }[] }
    expect(items).toHaveLength(3)
    for (const { status } of items) {
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Ready', status: 'True' }),
      )
    }
    expect(seconds).toBeLessThanOrEqual(45)
  })

  it('serve kcat in a pod', async () => {
    const bootstrap = 'samsa-bootstrap:9092'
    const sent = ['one', 'two', 'three']
    const where = ['-b', bootstrap, '-t', 'orders']
    const input = `${sent.join('\n')}\n`
    const produce = ['-P', ...where, '-X', 'acks=all', '-l', '/input/lines']
    await runInPod(namespace, { image: kcatImage, args: produce, input })
    const consume = ['-C', ...where, '-o', 'beginning', '-e', '-q']
    const text = await runInPod(namespace, { image: kcatImage, args: consume })
    expect(text.trim().split('\n').toSorted()).toEqual(sent.toSorted())
  })

  it('serve clients outside by the nodeport listener, without loss', async () => {
    await cluster.findBrokers()
    expect(cluster.addresses).toHaveLength(3)
    const load = await KubeLoad.start(cluster)
    await load.goesOn()
    const { anomalies, acked } = await load.judge('at rest')
    expect(anomalies).toEqual([])
    expect(acked).toBeGreaterThan(0)
  })
})

describe('a KafkaTopic', () => {
  const patch = (spec: object) => {
    const text = JSON.stringify({ spec })
    return kubectl('-n', namespace, 'patch', 'kafkatopic', 'orders', '--type=merge', '-p', text)
  }

  it('has 12 partitions within 3 s of the edit from 6 (scenario 20)', async () => {
    const startMs = performance.now()
    await patch({ partitions: 12 })
    await waitFor(async () => (await partitionsOf('orders')) === 12, {
      what: '12 partitions',
      timeoutMs: 30_000,
    })
    const ms = performance.now() - startMs
    console.log(`12 partitions after ${ms.toFixed(0)} ms`)
    await cluster.topicReady('orders')
    expect(ms).toBeLessThanOrEqual(3_000)
  })

  it('is refused fewer partitions at admission, with the reason (scenario 20)', async () => {
    const spec = { partitions: 6, replicas: 3 }
    const refused = await kubectlApply(namespace, [cluster.topicObject('orders', spec)])
    expect(refused.code).not.toBe(0)
    expect(refused.text).toContain('partitions cannot be decreased')
    expect(await partitionsOf('orders')).toBe(12)
  })

  it('goes from 3 replicas to 2 and back (scenario 20)', async () => {
    for (const replicas of [2, 3]) {
      await patch({ replicas, config: { 'min.insync.replicas': replicas - 1 } })
      await waitFor(async () => (await replicasOf('orders')).every((n) => n === replicas), {
        what: `${replicas} replicas`,
        timeoutMs: 60_000,
      })
      await cluster.topicReady('orders', 60_000)
    }
  })

  it('that names the topic of an older one has a conflict, until that is gone (22)', async () => {
    await cluster.topic('theirs', { topicName: 'shared', partitions: 2 })
    const second = cluster.topicObject('ours', { topicName: 'shared', partitions: 4 })
    await kubectlApply(namespace, [second])
    const reason = () =>
      kubectl(
        '-n',
        namespace,
        'get',
        'ktp',
        'ours',
        '-o',
        'jsonpath={.status.conditions[0].reason}',
      )
    const isConflict = async () => (await reason()) === 'ResourceConflict'
    await waitFor(isConflict, { what: 'the conflict to be told', timeoutMs: 20_000 })
    await kubectl('-n', namespace, 'delete', 'kafkatopic', 'theirs')
    await cluster.topicReady('ours')
    expect(await partitionsOf('shared')).toBe(4)
  })
})

async function partitionsOf(topic: string): Promise<number> {
  return (await replicasOf(topic)).length
}

/** By partition, as a broker tells it to clients. */
async function replicasOf(topic: string): Promise<number[]> {
  const partitions = await cluster.admin.partitions(topic)
  return partitions.map(({ replicas }) => replicas.length)
}
