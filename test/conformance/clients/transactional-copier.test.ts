// Kafka's TransactionalMessageCopier, two of them, each from one partition of the input to the same
// output, with random aborts, while nodes of three are killed with -9: what is committed is the
// input, each record once, in the order of its key. At full size: SAMSA_COPIER_RECORDS=200000.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { ClusterView } from '../../support/chaos/cluster-view.ts'
import { readAllCommitted } from '../../support/chaos/committed-reader.ts'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { java } from '../../support/conformance/java.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { NodeKills } from '../../support/conformance/node-kills.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { sizeFromEnvironment } from '../../support/conformance/target.ts'

const count = sizeFromEnvironment('SAMSA_COPIER_RECORDS', 30_000)
// The first comes after 2 s: a fast machine has copied 20,000 records after 7.
const killEveryMs = sizeFromEnvironment('SAMSA_COPIER_KILL_EVERY_MS', 5_000)
const awayMs = 3_000
// Apache Kafka's: on a busy machine nobody is to be taken for dead but who was killed.
const configs = { 'broker.session.timeout.ms': '9000' }
const transactionSize = 250
const inputPartitions = 2
const outputPartitions = 3
const keysPerPartition = 50
const restartsMax = 20

conformanceSuite("Kafka's transactional copier under kills", ['java'], () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3, configs })
    await createTopic(cluster.bootstrap, 'in', inputPartitions)
    await createTopic(cluster.bootstrap, 'out', outputPartitions)
    const producer = kafkaJs(cluster.bootstrap).producer()
    await producer.connect()
    const perSend = 5_000
    for (let first = 0; first < count; first += perSend) {
      const messages = Array.from({ length: Math.min(perSend, count - first) }, (_, index) =>
        messageOf(first + index),
      )
      await producer.send({ topic: 'in', messages })
    }
    await producer.disconnect()
  })
  afterAll(() => cluster?.close())

  /** The key names the sequence and its number in it; kafkajs puts it where it is told to. */
  function messageOf(number: number) {
    const partition = number % inputPartitions
    const sequence = Math.floor(number / inputPartitions) % keysPerPartition
    return { key: `${partition}-${sequence}`, value: String(number), partition }
  }

  /** As long as there is input. A copier that gave up is started again, as in Kafka's own test. */
  async function copy(partition: number): Promise<void> {
    const options = {
      'broker-list': cluster.bootstrap,
      'input-topic': 'in',
      'input-partition': String(partition),
      'output-topic': 'out',
      'transactional-id': `copier-${partition}`,
      'consumer-group': `copiers-${partition}`,
      'transaction-size': String(transactionSize),
      'transaction-timeout': '20000',
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    for (let restarts = 0; ; restarts++) {
      const { code, text } = await java(
        'org.apache.kafka.tools.TransactionalMessageCopier',
        [...args, '--enable-random-aborts', '--use-group-metadata'],
        { timeoutMs: 600_000, allowFailure: true },
      )
      const remaining = [...text.matchAll(/"remaining":(\d+)/g)].at(-1)?.[1]
      if (code === 0 && remaining === '0') return
      if (restarts === restartsMax) throw new Error(`ended with ${code}: ${text.slice(-4_000)}`)
    }
  }

  it('leaves each record once, in the order of its key', async () => {
    const kills = new NodeKills(cluster, { everyMs: killEveryMs, awayMs })
    try {
      const partitions = Array.from({ length: inputPartitions }, (_, index) => index)
      await Promise.all(partitions.map(copy))
    } finally {
      await kills.stop()
    }
    expect(kills.count).toBeGreaterThan(0)
    const view = new ClusterView('out', cluster.nodes)
    await view.refresh()
    const last = new Map<string, number>()
    const seen = new Set<number>()
    for (let partition = 0; partition < outputPartitions; partition++) {
      const records = await readAllCommitted(view, partition, {
        shown: ({ key, value }) => `${String(key)}=${String(value)}`,
      })
      for (const [offset, text] of records) {
        const [key = '', value] = text.split('=')
        const number = Number(value)
        expect(seen.has(number), `record ${number} again at ${partition}/${offset}`).toBe(false)
        seen.add(number)
        expect(number, `key ${key} at ${partition}/${offset}`).toBeGreaterThan(last.get(key) ?? -1)
        last.set(key, number)
      }
    }
    expect(seen.size).toBe(count)
  })
})
