// @samsa/client against a real node: what is sent arrives once and in order, what is read is whole,
// and both outlive a restart of the broker.

import { connect, type SamsaClient } from '@samsa/client/client'
import type { ReceivedRecord } from '@samsa/client/reader'
import { decodeRecords } from '@samsa/proto/record/records'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/conformance/ports.ts'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

let node: TestNode
let kafka: KafkaClient
let client: SamsaClient
let topicCount = 0

beforeAll(async () => {
  const port = await freePort()
  node = await startTestNode([`samsa.grpc.listener=127.0.0.1:${port}`])
  kafka = await node.connect()
  client = await connect({ bootstrap: `127.0.0.1:${node.grpcPort}` })
})
afterAll(async () => {
  await client.close()
  await node.close()
})

async function createTopic(numPartitions = 1) {
  const name = `client-${topicCount++}`
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
  const { topics } = await kafka.send('createTopics', 7, { topics: [topic], timeoutMs: 5_000 })
  expect(topics[0]?.errorCode).toBe(0)
  return name
}

async function take(records: AsyncIterable<ReceivedRecord>, count: number) {
  const taken: ReceivedRecord[] = []
  for await (const record of records) {
    taken.push(record)
    if (taken.length === count) break
  }
  return taken
}

describe('a producer and a reader', () => {
  it('carry keys, values, headers, nulls and times', async () => {
    const topic = await createTopic()
    const producer = client.producer({ compression: 'zstd' })
    const sent = { topic, key: 'k', value: 'v', headers: { h: 'x', none: null }, timestampMs: 7 }
    expect(await producer.send(sent)).toEqual({ topic, partition: 0, offset: 0 })
    await producer.send({ topic, value: null })
    const [first, second] = await take(client.reader({ topic }), 2)
    expect(first).toEqual({
      topic,
      partition: 0,
      offset: 0,
      timestampMs: 7,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: [
        { key: 'h', value: Buffer.from('x') },
        { key: 'none', value: null },
      ],
    })
    expect(second).toMatchObject({ key: null, value: null, offset: 1 })
  })

  it('keep the order of each partition, and keys where Java clients put them', async () => {
    const topic = await createTopic(4)
    const producer = client.producer({ bufferBytes: 20_000, batchBytes: 1_000 })
    const keys = Array.from({ length: 2_000 }, (_, index) => `key-${index % 50}`)
    const appended = await Promise.all(
      keys.map((key, index) => producer.send({ topic, key, value: String(index) })),
    )
    expect(producer.bufferedBytes).toBe(0)
    const read = await take(client.reader({ topic, maxBytes: 2_000 }), 2_000)
    for (const partition of [0, 1, 2, 3]) {
      const own = read.filter((record) => record.partition === partition)
      expect(own.map(({ offset }) => offset)).toEqual(own.map((_, index) => index))
      const values = own.map(({ value }) => Number(value))
      expect(values).toEqual(values.toSorted((a, b) => a - b))
      expect(values.length).toBeGreaterThan(0)
    }
    // murmur2 of 'key-0' and 'key-7' as Java computes it, modulo four.
    const places = new Map(keys.map((key, index) => [key, appended[index]?.partition]))
    expect(new Set(places.values()).size).toBe(4)
  })

  it('read between offsets, committed records only, and from a time', async () => {
    const topic = await createTopic()
    const producer = client.producer()
    for (const timestampMs of [100, 200, 300]) {
      await producer.send({ topic, value: String(timestampMs), timestampMs })
    }
    const values = async (options: Omit<Parameters<SamsaClient['reader']>[0], 'topic'>) => {
      const found: (string | undefined)[] = []
      for await (const { value } of client.reader({ topic, until: () => 3, ...options })) {
        found.push(value?.toString())
      }
      return found
    }
    expect(await values({ from: { offset: 1 } })).toEqual(['200', '300'])
    expect(await values({ from: { timestampMs: 150 } })).toEqual(['200', '300'])
    expect(await values({ isolation: 'read_committed' })).toEqual(['100', '200', '300'])
    expect(await values({ until: () => 2 })).toEqual(['100', '200'])
    expect(await values({ from: 'latest' })).toEqual([])
  })

  it('go on through a restart of the broker, with nothing lost or doubled', async () => {
    const topic = await createTopic()
    const producer = client.producer()
    const reading = take(client.reader({ topic }), 300)
    const sending: Promise<unknown>[] = []
    for (let index = 0; index < 300; index++) {
      sending.push(producer.send({ topic, value: String(index) }))
      if (index === 100) await Promise.all(sending)
      if (index === 150) sending.push(node.restart())
    }
    await Promise.all(sending)
    const read = await reading
    expect(read.map(({ value }) => Number(value))).toEqual(
      Array.from({ length: 300 }, (_, index) => index),
    )
    expect(read.map(({ offset }) => offset)).toEqual(read.map((_, index) => index))
    kafka = await node.connect()
  })

  it('are heard by Kafka clients', async () => {
    const topic = await createTopic()
    await client.producer({ acks: 'leader' }).send({ topic, value: 'hello' })
    const { responses } = await kafka.send('fetch', 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [
        { topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] },
      ],
      sessionEpoch: -1,
    })
    const records = responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
    expect([...decodeRecords(records)].map(({ value }) => value?.toString())).toEqual(['hello'])
  })
})

describe('what goes wrong', () => {
  it('is told by name', async () => {
    const topic = await createTopic()
    const producer = client.producer()
    const large = producer.send({ topic, value: Buffer.alloc(2 << 20) })
    await expect(large).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE', isAmbiguous: false })
    const nowhere = producer.send({ topic, partition: 9, value: 'x' })
    await expect(nowhere).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect((await producer.send({ topic, value: 'fine' })).offset).toBe(0)
    const beyond = take(client.reader({ topic, from: { offset: 99 } }), 1)
    await expect(beyond).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
  })

  it('rejects addresses that are none, and brokers that do not answer', async () => {
    await expect(connect({ bootstrap: 'nonsense' })).rejects.toThrow('host:port')
    const unused = await freePort()
    const options = { bootstrap: `127.0.0.1:${unused}`, requestTimeoutMs: 300 }
    await expect(connect(options)).rejects.toMatchObject({ code: 'NETWORK_EXCEPTION' })
  })

  it('sends nothing after close', async () => {
    const producer = client.producer()
    await producer.close()
    await expect(producer.send({ topic: 'any', value: 'x' })).rejects.toThrow('closed')
  })
})

describe('questions', () => {
  it('find offsets and describe topics', async () => {
    const topic = await createTopic(2)
    const producer = client.producer()
    await producer.send({ topic, partition: 1, value: 'a', timestampMs: 100 })
    expect(await client.listOffsets(topic, 'latest')).toMatchObject([
      { partition: 0, offset: 0 },
      { partition: 1, offset: 1 },
    ])
    const [found] = await client.listOffsets(topic, { timestampMs: 50 }, { partitions: [1] })
    expect(found).toMatchObject({ offset: 0, timestampMs: 100 })
    const { brokers, topics } = await client.describeTopics([topic])
    expect(brokers).toHaveLength(1)
    expect(topics[0]?.partitions).toHaveLength(2)
    expect(await client.committedOffsets('nobody')).toEqual([])
  })
})
