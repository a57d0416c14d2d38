// Loops that read, process and write in transactions, with aborts: librdkafka and kafkajs by the
// first protocol, the Java client by the second, as Kafka's own TransactionalMessageCopier does it.
// Whoever reads what is committed finds each record once, in order.

import type { Kafka } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { python, readWithConfluent } from '../../support/conformance/confluent-client.ts'
import { java } from '../../support/conformance/java.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { sizeFromEnvironment } from '../../support/conformance/target.ts'

const count = sizeFromEnvironment('SAMSA_TRANSACTION_RECORDS', 3_000)
const input = 'transactions-in'

conformanceSuite('transactions', ['python', 'java'], () => {
  let cluster: Cluster
  let kafka: Kafka

  beforeAll(async () => {
    cluster = await startCluster()
    kafka = kafkaJs(cluster.bootstrap)
    await createTopic(cluster.bootstrap, input, 1)
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: count }, (_, index) => ({
      key: String(index % 50),
      value: String(index),
    }))
    await producer.send({ topic: input, messages })
    await producer.disconnect()
  })
  afterAll(() => cluster?.close())

  /** librdkafka gives what is committed, and nothing else. */
  async function expectAllOnce(topic: string): Promise<void> {
    const records = await readWithConfluent(cluster.bootstrap, topic, count)
    const values = records.map(({ value }) => Number(value))
    expect(new Set(values).size).toBe(count)
    const last = new Map<string, number>()
    for (const { key, value } of records) {
      const before = last.get(key) ?? -1
      expect(Number(value)).toBeGreaterThan(before)
      last.set(key, Number(value))
    }
  }

  it('of librdkafka', async () => {
    const topic = 'transactions-of-librdkafka'
    await createTopic(cluster.bootstrap, topic, 3)
    await python('transact.py', [cluster.bootstrap, input, topic, String(count)], {
      timeoutMs: 180_000,
    })
    await expectAllOnce(topic)
  })

  it('of the Java client', async () => {
    const topic = 'transactions-of-java'
    await createTopic(cluster.bootstrap, topic, 3)
    const options = {
      'broker-list': cluster.bootstrap,
      'input-topic': input,
      'input-partition': '0',
      'output-topic': topic,
      'transactional-id': 'copier',
      'consumer-group': 'copier',
      'transaction-size': '100',
      'max-messages': String(count),
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    await java(
      'org.apache.kafka.tools.TransactionalMessageCopier',
      [...args, '--enable-random-aborts'],
      { timeoutMs: 180_000 },
    )
    await expectAllOnce(topic)
  })

  it('of kafkajs', async () => {
    const topic = 'transactions-of-kafkajs'
    const groupId = 'kafkajs-transactions'
    await createTopic(cluster.bootstrap, topic, 3)
    const producer = kafka.producer({ transactionalId: groupId, maxInFlightRequests: 1 })
    const consumer = kafka.consumer({ groupId, readUncommitted: false })
    await Promise.all([producer.connect(), consumer.connect()])
    await consumer.subscribe({ topics: [input], fromBeginning: true })
    const { promise: done, resolve } = Promise.withResolvers<void>()
    let turn = 0
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const messages = batch.messages.map(({ key, value }) => ({ key, value }))
        const next = String(Number(batch.lastOffset()) + 1)
        const topics = [{ topic: input, partitions: [{ partition: 0, offset: next }] }]
        turn++
        for (const commits of turn % 3 === 0 ? [true] : [false, true]) {
          const transaction = await producer.transaction()
          await transaction.send({ topic, messages })
          await transaction.sendOffsets({ consumerGroupId: groupId, topics })
          await (commits ? transaction.commit() : transaction.abort())
        }
        if (Number(next) >= count) resolve()
      },
    })
    await done
    await consumer.disconnect()
    await producer.disconnect()
    await expectAllOnce(topic)
  })
})
