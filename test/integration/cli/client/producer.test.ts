// The producer against a broker that misbehaves as real ones do: order, no duplicates and no loss
// through retries, cuts of batches that are too large, failures that name what to do.

import { Cluster } from '@samsa/cli/client/cluster'
import { KafkaError } from '@samsa/cli/client/errors'
import { producerBytesMax } from '@samsa/cli/client/limits'
import { Producer, type ProducerOptions } from '@samsa/cli/client/producer'
import { recordCount } from '@samsa/proto/record/batch'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeBroker, type FakeHandlers } from '../../../support/cli/fake-broker.ts'
import { FakeTopic, fakeTopicId, fakeTopicName } from '../../../support/cli/fake-topic.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function setUp(
  topic: FakeTopic,
  handlers: FakeHandlers = {},
  options: Partial<ProducerOptions> = {},
) {
  const broker = await FakeBroker.start({ ...topic.handlers(), ...handlers })
  topic.port = broker.port
  const cluster = new Cluster({
    bootstrap: [{ host: '127.0.0.1', port: broker.port }],
    requestTimeoutMs: 5_000,
    signal: new AbortController().signal,
  })
  const producer = await Producer.open(cluster, {
    topic: fakeTopicName,
    acks: 'all',
    compression: 'none',
    deliveryTimeoutMs: 10_000,
    ...options,
  })
  closers.push(
    () => broker.close(),
    () => cluster.close(),
    () => producer.close(),
  )
  return { broker, cluster, producer }
}

const record = (value: string, key: string | null = null) => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: [],
  timestampMs: undefined,
  partition: undefined,
})

const valuesOf = (topic: FakeTopic, index: number) =>
  topic.records(index).map(({ value }) => value?.toString())

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `value ${index}`)

/** An answer to a produce request with one error for all its partitions. */
function refusal(errorCode: number): NonNullable<FakeHandlers['produce']> {
  return ({ topicData }) => ({
    responses: topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  })
}

describe('Producer', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'sends batches as %s',
    async (compression) => {
      const topic = new FakeTopic(1)
      const { producer } = await setUp(topic, {}, { compression })
      for (const value of numbered(100)) producer.add(record(value))
      await producer.flush()
      expect(valuesOf(topic, 0)).toEqual(numbered(100))
      expect(producer.sent.records).toBe(100)
    },
  )

  it('writes everything once and in order while answers get lost and leaders refuse', async () => {
    const topic = new FakeTopic(3)
    const produce = topic.handlers().produce
    let requests = 0
    const { producer } = await setUp(topic, {
      produce: async (request, version) => {
        requests++
        // A third is refused, of a third the answer is lost after the append.
        if (requests % 3 === 1) return await refusal(6)(request, version)
        const answer = (await produce?.(request, version)) ?? 'close'
        return requests % 3 === 2 ? 'close' : answer
      },
    })
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (let round = 0; round < 8; round++) {
      for (const key of keys) producer.add(record(`${key}${round}`, key))
      await producer.flush()
    }
    const all = [0, 1, 2].flatMap((index) => topic.records(index))
    for (const key of keys) {
      const ofKey = all.filter((one) => one.key?.toString() === key)
      expect(ofKey.map(({ value }) => value?.toString())).toEqual(
        Array.from({ length: 8 }, (_, round) => `${key}${round}`),
      )
    }
    expect(producer.sent.records).toBe(8 * keys.length)
  })

  it('says what it waits for when a broker goes on refusing, and delivers once it does not', async () => {
    const topic = new FakeTopic(1)
    const produce = topic.handlers().produce
    const told: string[] = []
    const { producer } = await setUp(
      topic,
      {
        // 56: KAFKA_STORAGE_ERROR, as from a full disk.
        produce: async (request, version) =>
          told.length === 0
            ? await refusal(56)(request, version)
            : ((await produce?.(request, version)) ?? 'close'),
      },
      { onRetrying: (reason) => told.push(reason) },
    )
    const startMs = performance.now()
    producer.add(record('kept'))
    await producer.flush()
    expect(performance.now() - startMs).toBeGreaterThan(2_000)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(
      /^still trying after 2 s: partition .*KAFKA_STORAGE_ERROR.*disk is full/,
    )
    expect(valuesOf(topic, 0)).toEqual(['kept'])
  })

  it('cuts a batch that the broker finds too large until it fits', async () => {
    const topic = new FakeTopic(1)
    const produce = topic.handlers().produce
    const { producer } = await setUp(topic, {
      produce: async (request, version) => {
        const [part] = request.topicData[0]?.partitionData ?? []
        const isTooLarge = recordCount(part?.records ?? Buffer.alloc(61), 0) > 10
        if (isTooLarge) return await refusal(10)(request, version)
        return (await produce?.(request, version)) ?? 'close'
      },
    })
    for (const value of numbered(95)) producer.add(record(value))
    await producer.flush()
    expect(valuesOf(topic, 0)).toEqual(numbered(95))
  })

  it('fails with what to do when a single record is too large', async () => {
    const { producer } = await setUp(new FakeTopic(1), { produce: refusal(10) })
    producer.add(record('x'))
    await expect(producer.flush()).rejects.toThrow('max.message.bytes')
    expect(() => producer.add(record('y'))).toThrow(KafkaError)
  })

  it('gives up on what does not pass within the delivery timeout', async () => {
    const { producer, broker } = await setUp(
      new FakeTopic(1),
      { produce: refusal(19) },
      { deliveryTimeoutMs: 300 },
    )
    producer.add(record('x'))
    await expect(producer.flush()).rejects.toThrow('NOT_ENOUGH_REPLICAS')
    expect(broker.count('produce')).toBeGreaterThan(1)
  })

  it('does not retry what cannot pass', async () => {
    const { producer, broker } = await setUp(new FakeTopic(1), { produce: refusal(87) })
    producer.add(record('x'))
    await expect(producer.flush()).rejects.toThrow('INVALID_RECORD')
    expect(broker.count('produce')).toBe(1)
  })

  it('goes on after the broker has been away', async () => {
    const topic = new FakeTopic(1)
    const { producer, broker } = await setUp(topic)
    producer.add(record('before'))
    await producer.flush()
    await broker.close()
    producer.add(record('meanwhile'))
    const flushed = producer.flush()
    const again = await FakeBroker.start(topic.handlers(), {}, topic.port)
    closers.push(() => again.close())
    await flushed
    expect(valuesOf(topic, 0)).toEqual(['before', 'meanwhile'])
  })

  it('holds no more than its bound while the broker does not answer', async () => {
    let answer: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const topic = new FakeTopic(1)
    const produce = topic.handlers().produce
    const { producer } = await setUp(topic, {
      produce: async (request, version) => {
        await asked
        return (await produce?.(request, version)) ?? 'close'
      },
    })
    const large = 'x'.repeat(1024 * 1024)
    let added = 0
    for (; producer.hasRoom; added++) producer.add(record(large))
    expect(added).toBe(producerBytesMax / large.length)
    let hasRoom = false
    const room = producer.room().then(() => {
      hasRoom = true
    })
    expect(hasRoom).toBe(false)
    answer()
    await room
    await producer.flush()
    expect(topic.end(0)).toBe(added)
  })

  it.each(['none', 'leader'] as const)('takes no producer id with acks=%s', async (acks) => {
    const topic = new FakeTopic(1)
    const produce = topic.handlers().produce
    const seen: number[] = []
    const { producer, broker } = await setUp(
      topic,
      {
        produce: async (request, version) => {
          seen.push(request.acks)
          const answer = (await produce?.(request, version)) ?? 'close'
          return request.acks === 0 ? 'silent' : answer
        },
      },
      { acks },
    )
    producer.add(record('x'))
    await producer.flush()
    await expect.poll(() => seen).toEqual([acks === 'none' ? 0 : 1])
    expect(broker.count('initProducerId')).toBe(0)
    expect(valuesOf(topic, 0)).toEqual(['x'])
  })

  it('refuses a partition that the topic does not have', async () => {
    const { producer } = await setUp(new FakeTopic(2))
    const own = { ...record('x'), partition: 2 }
    expect(() => producer.add(own)).toThrow('its partitions are 0 to 1')
  })

  it('names the topic by its id where the version asks for that', async () => {
    const ids: string[] = []
    const topic = new FakeTopic(1)
    const produce = topic.handlers().produce
    const { producer } = await setUp(topic, {
      produce: async (request, version) => {
        expect(version).toBe(13)
        ids.push(...request.topicData.map(({ topicId }) => topicId))
        return (await produce?.(request, version)) ?? 'close'
      },
    })
    producer.add(record('x'))
    await producer.flush()
    expect(ids).toEqual([fakeTopicId])
  })
})
