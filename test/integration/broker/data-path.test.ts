// Produce, fetch and list offsets against a real node, spoken frame by frame: what clients rely on
// and never show.

import { apis } from '@samsa/proto/kafka/apis'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { decodeRecords } from '@samsa/proto/record/records'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

let node: TestNode
let client: KafkaClient
let topicCount = 0

beforeAll(async () => {
  node = await startTestNode()
  client = await node.connect()
})
afterAll(() => node.close())

async function createTopic(configs: Record<string, string> = {}, numPartitions = 1) {
  const name = `topic-${topicCount++}`
  const { topics } = await client.send('createTopics', 7, {
    topics: [
      {
        name,
        numPartitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 5_000,
  })
  expect(topics[0]?.errorCode).toBe(0)
  return { name, topicId: topics[0]?.topicId ?? '' }
}

function batchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const timestampMs = Date.now()
  return encodeBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs })),
    options,
  )
}

async function produce(name: string, records: Buffer | null, { acks = -1, via = client } = {}) {
  const { responses } = await via.send('produce', 9, {
    acks,
    timeoutMs: 5_000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  })
  const row = responses[0]?.partitionResponses[0]
  if (row === undefined) throw new Error('no answer for the partition')
  return row
}

interface FetchOptions {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly via?: KafkaClient
}

async function fetch(topic: string, fetchOffset: number, options: FetchOptions = {}) {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20, via = client } = options
  const { responses } = await via.send('fetch', 12, {
    maxWaitMs,
    minBytes,
    maxBytes,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }],
    sessionEpoch: -1,
  })
  const row = responses[0]?.partitions[0]
  if (row === undefined) throw new Error('no answer for the partition')
  const records = row.records ?? Buffer.alloc(0)
  return { ...row, values: [...decodeRecords(records)].map((r) => r.value?.toString()) }
}

const code = (name: KafkaErrorName) => errorCodes[name]

describe('produce and fetch', () => {
  it('gives back what was appended, from the offset asked for, by name and by id', async () => {
    const { name, topicId } = await createTopic()
    expect(await produce(name, batchOf(['a', 'b']))).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await produce(name, batchOf(['c']))).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect((await fetch(name, 0)).values).toEqual(['a', 'b', 'c'])
    // An offset inside a batch gives the whole batch; the client skips.
    expect((await fetch(name, 1)).values).toEqual(['a', 'b', 'c'])
    expect((await fetch(name, 2)).values).toEqual(['c'])
    const byId = await client.send('fetch', 17, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionEpoch: -1,
      topics: [
        { topicId, partitions: [{ partition: 0, fetchOffset: 2, partitionMaxBytes: 1 << 20 }] },
      ],
    })
    expect(byId.responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 3 })
  })

  it('wakes a waiting fetch when records arrive, long before its time is up', async () => {
    const { name } = await createTopic()
    const consumer = await node.connect()
    const waiting = fetch(name, 0, { maxWaitMs: 20_000, via: consumer })
    await produce(name, batchOf(['late']))
    expect((await waiting).values).toEqual(['late'])
  })

  it('waits for min.bytes, and gives what there is when time is up', async () => {
    const { name } = await createTopic()
    await produce(name, batchOf(['small']))
    const startedMs = performance.now()
    const { values } = await fetch(name, 0, { maxWaitMs: 200, minBytes: 100_000 })
    expect(values).toEqual(['small'])
    expect(performance.now() - startedMs).toBeGreaterThan(190)
  })

  it('gives one whole batch however small the limit (KIP-74)', async () => {
    const { name } = await createTopic()
    await produce(name, batchOf(['x'.repeat(5_000)]))
    await produce(name, batchOf(['second']))
    expect((await fetch(name, 0, { maxBytes: 10 })).values).toEqual(['x'.repeat(5_000)])
  })

  it('refuses offsets outside the log', async () => {
    const { name } = await createTopic()
    await produce(name, batchOf(['a']))
    expect((await fetch(name, 1)).errorCode).toBe(0)
    expect((await fetch(name, 2)).errorCode).toBe(code('OFFSET_OUT_OF_RANGE'))
    expect((await fetch(name, -5)).errorCode).toBe(code('OFFSET_OUT_OF_RANGE'))
  })

  it('answers appends of one connection in order though they overlap', async () => {
    const { name } = await createTopic()
    const sent = Array.from({ length: 100 }, (_, index) => produce(name, batchOf([`v${index}`])))
    const offsets = (await Promise.all(sent)).map(({ baseOffset }) => baseOffset)
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect((await fetch(name, 0)).values).toHaveLength(100)
  })

  it('sends no answer to acks=0, and closes the connection when the append fails', async () => {
    const { name } = await createTopic()
    const producer = await node.connect()
    const unanswered = produce(name, batchOf(['quiet']), { acks: 0, via: producer })
    const refused = expect(unanswered).rejects.toThrow('closed')
    await vi.waitFor(async () => expect((await fetch(name, 0)).values).toEqual(['quiet']))
    const failing = produce('no-such-topic', batchOf(['lost']), { acks: 0, via: producer })
    await expect(failing).rejects.toThrow('closed')
    await refused
  })

  it('refuses what is not exactly one sound batch, and keeps the log untouched', async () => {
    const { name } = await createTopic()
    const damaged = batchOf(['damaged'])
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
    expect((await produce(name, damaged)).errorCode).toBe(code('CORRUPT_MESSAGE'))
    expect((await produce(name, null)).errorCode).toBe(code('INVALID_RECORD'))
    const two = Buffer.concat([batchOf(['a']), batchOf(['b'])])
    expect((await produce(name, two)).errorCode).toBe(code('INVALID_RECORD'))
    expect((await produce(name, batchOf(['c']), { acks: 7 })).errorCode).toBe(
      code('INVALID_REQUIRED_ACKS'),
    )
    expect((await produce(name, batchOf(['fine']))).baseOffset).toBe(0)
  })

  it('answers a repeated idempotent batch with its first offset, also after a restart', async () => {
    const { name } = await createTopic()
    const { producerId, producerEpoch } = await client.send('initProducerId', 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    })
    const batch = (baseSequence: number) =>
      batchOf([`s${baseSequence}`], { producerId, producerEpoch, baseSequence })
    expect((await produce(name, batch(0))).baseOffset).toBe(0)
    expect((await produce(name, batch(1))).baseOffset).toBe(1)
    expect((await produce(name, batch(0))).baseOffset).toBe(0)
    expect((await produce(name, batch(5))).errorCode).toBe(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    await node.restart()
    client = await node.connect()
    expect((await produce(name, batch(1))).baseOffset).toBe(1)
    expect((await produce(name, batch(2))).baseOffset).toBe(2)
    expect((await fetch(name, 0)).values).toEqual(['s0', 's1', 's2'])
  })
})

describe('list offsets and delete records', () => {
  async function offsetAt(name: string, timestamp: number) {
    const { topics } = await client.send('listOffsets', 8, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
    })
    return topics[0]?.partitions[0]
  }

  it('finds ends and times', async () => {
    const { name } = await createTopic()
    const at = (timestampMs: number, value: string) =>
      encodeBatch([{ key: null, value: Buffer.from(value), timestampMs }])
    const startMs = Date.now() - 10_000
    await produce(name, at(startMs, 'a'))
    await produce(name, at(startMs + 5_000, 'b'))
    await produce(name, at(startMs + 2_000, 'c'))
    expect(await offsetAt(name, -1)).toMatchObject({ offset: 3 })
    expect(await offsetAt(name, -2)).toMatchObject({ offset: 0 })
    expect(await offsetAt(name, -3)).toMatchObject({ offset: 1, timestamp: startMs + 5_000 })
    expect(await offsetAt(name, startMs + 1)).toMatchObject({ offset: 1 })
    expect(await offsetAt(name, startMs + 9_000)).toMatchObject({ offset: -1, errorCode: 0 })
  })

  it('moves the start of the log, and not past its end', async () => {
    const { name } = await createTopic()
    await produce(name, batchOf(['a', 'b', 'c']))
    const remove = async (offset: number) => {
      const { topics } = await client.send('deleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
        timeoutMs: 5_000,
      })
      return topics[0]?.partitions[0]
    }
    expect(await remove(2)).toMatchObject({ errorCode: 0, lowWatermark: 2 })
    expect(await offsetAt(name, -2)).toMatchObject({ offset: 2 })
    expect((await fetch(name, 1)).errorCode).toBe(code('OFFSET_OUT_OF_RANGE'))
    expect(await remove(4)).toMatchObject({ errorCode: code('OFFSET_OUT_OF_RANGE') })
    expect(await remove(-1)).toMatchObject({ errorCode: 0, lowWatermark: 3 })
  })
})

describe('the protocol', () => {
  it('answers ApiVersions of an unknown version in version 0 with error 35 (KIP-511)', async () => {
    const raw = await node.connect()
    const answer = raw.send('apiVersions', 0, {})
    expect((await answer).apiKeys.length).toBeGreaterThan(20)
    const future = Buffer.from([0, 0, 0, 10, 0, apis.apiVersions.key, 0, 99, 0, 0, 0, 2, 0, 0])
    const next = new Promise<Buffer>((resolve) => {
      raw.rawAnswer(2, resolve)
    })
    raw.sendRaw(future)
    const body = await next
    expect(body.readInt16BE(0)).toBe(code('UNSUPPORTED_VERSION'))
    expect(body.readInt32BE(2)).toBe(1)
    expect(body.readInt16BE(6)).toBe(apis.apiVersions.key)
  })

  it.each([
    ['an unknown key', Buffer.from([0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 2, 0, 0])],
    ['an unknown version', Buffer.from([0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 2, 0, 0])],
    ['a body cut short', Buffer.from([0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 2, 0, 0])],
  ])('closes the connection on %s and goes on serving others', async (_name, bytes) => {
    const hostile = await node.connect()
    const pending = hostile.send('apiVersions', 0, {})
    await pending
    const closed = new Promise<void>((resolve) => hostile.onClosed(resolve))
    hostile.sendRaw(bytes)
    await closed
    expect((await client.send('apiVersions', 0, {})).errorCode).toBe(0)
  })

  it('serves health and metrics over HTTP', async () => {
    const get = (path: string) => globalThis.fetch(`http://127.0.0.1:${node.httpPort}${path}`)
    expect((await get('/healthz')).status).toBe(200)
    expect((await get('/readyz')).status).toBe(200)
    expect((await get('/other')).status).toBe(404)
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toMatch(/samsa_topic_messages_in_total\{topic="[^"]+"\} \d+/)
    expect(metrics).toMatch(/samsa_topic_messages_out_total\{topic="[^"]+"\} [1-9]/)
    expect(metrics).toMatch(/samsa_request_latency_seconds_count\{api="Produce"\}/)
    expect(metrics).toMatch(/process_resident_memory_bytes \d+/)
  })
})
