// The storage API of a real node: what is appended by gRPC is read by Kafka and the other way
// round; retries, wrong input, slow readers, callers that leave, health and reflection.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { status } from '@grpc/grpc-js'
import { openBidiStream, openServerStream } from '@samsa/proto/grpc/calls'
import { descriptors } from '@samsa/proto/grpc/gen/descriptors'
import { Health, HealthCheckResponseServingStatus as Serving } from '@samsa/proto/grpc/gen/health'
import {
  ServerReflection,
  type ServerReflectionRequestInit,
  type ServerReflectionResponse,
} from '@samsa/proto/grpc/gen/reflection'
import { Acks, Form, Isolation, Position, Storage } from '@samsa/proto/grpc/gen/storage'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { decodeRecords } from '@samsa/proto/record/records'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KafkaClient } from '../../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../../support/node.ts'
import { failureOf, StorageClient } from '../../../support/storage/storage-client.ts'

let node: TestNode
let kafka: KafkaClient
let storage: StorageClient
let topicCount = 0

beforeAll(async () => {
  node = await startTestNode(['samsa.grpc.listener=127.0.0.1:0'])
  kafka = await node.connect()
  storage = new StorageClient(node.grpcPort)
})
afterAll(async () => {
  storage.close()
  await node.close()
})

async function createTopic(configs: Record<string, string> = {}, numPartitions = 1) {
  const name = `storage-${topicCount++}`
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const { topics } = await kafka.send('createTopics', 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: entries }],
    timeoutMs: 5_000,
  })
  expect(topics[0]?.errorCode).toBe(0)
  return name
}

function batchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const timestampMs = 1_700_000_000_000
  return encodeBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs })),
    options,
  )
}

const recordsOf = (...values: string[]) => ({
  records: values.map((value) => ({ value: Buffer.from(value) })),
})

async function fetchByKafka(topic: string): Promise<(string | undefined)[]> {
  const { responses } = await kafka.send('fetch', 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
    sessionEpoch: -1,
  })
  const records = responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  return [...decodeRecords(records)].map(({ value }) => value?.toString())
}

async function produceByKafka(topic: string, records: Buffer): Promise<void> {
  const { responses } = await kafka.send('produce', 9, {
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

/** Of buffers that somebody holds. */
async function arrayBufferBytes(): Promise<number> {
  collectGarbage()
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

const valuesOf = (
  responses: readonly { readonly records: { readonly value: Buffer | null }[] }[],
) => responses.flatMap(({ records }) => records.map(({ value }) => value?.toString()))

describe('append', () => {
  it('takes records and batches; a Kafka client reads them', async () => {
    const topic = await createTopic()
    const first = await storage.append({ topic, records: recordsOf('a', 'b') })
    expect(first).toMatchObject({ baseOffset: 0, logAppendTimeMs: -1 })
    expect((await storage.append({ topic, batch: batchOf(['c']) })).baseOffset).toBe(2)
    expect(await fetchByKafka(topic)).toEqual(['a', 'b', 'c'])
  })

  it('keeps keys, headers and times; now is the time of a record without one', async () => {
    const topic = await createTopic()
    const before = Date.now()
    const headers = [{ key: 'h', value: Buffer.from('1') }, { key: 'none' }]
    const key = Buffer.from('k')
    const records = [{ key, headers, timestampMs: 5 }, { value: Buffer.alloc(0) }]
    await storage.append({ topic, records: { records } })
    const [first, second] = (await storage.read({ topic, endOffset: 2 }).all()).flatMap(
      (response) => response.records,
    )
    expect(first).toMatchObject({ offset: 0, timestampMs: 5, key, value: null })
    expect(first?.headers.map((h) => [h.key, h.value?.toString() ?? null])).toEqual([
      ['h', '1'],
      ['none', null],
    ])
    expect(second).toMatchObject({ offset: 1, key: null, value: Buffer.alloc(0) })
    expect(second?.timestampMs).toBeGreaterThanOrEqual(before)
  })

  it('stores a repeated idempotent append once, and refuses a gap', async () => {
    const topic = await createTopic()
    const { producerId: id, producerEpoch: epoch } = await storage.call(Storage.initProducer, {})
    const append = (baseSequence: number) =>
      storage.append({
        topic,
        records: { ...recordsOf(`s${baseSequence}`), producer: { id, epoch, baseSequence } },
      })
    expect((await append(0)).baseOffset).toBe(0)
    expect((await append(1)).baseOffset).toBe(1)
    expect((await append(0)).baseOffset).toBe(0)
    const { code, failure } = await failureOf(append(5))
    expect(code).toBe(status.FAILED_PRECONDITION)
    expect(failure).toMatchObject({ name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retriable: false })
    expect(await fetchByKafka(topic)).toEqual(['s0', 's1'])
    const other = await storage.call(Storage.initProducer, {})
    expect(other.producerId).toBeGreaterThan(id)
  })

  it('answers at once with ACKS_NONE, and appends', async () => {
    const topic = await createTopic()
    const answer = await storage.append({ topic, acks: Acks.ACKS_NONE, records: recordsOf('a') })
    expect(answer.baseOffset).toBe(-1)
    await vi.waitFor(async () => expect(await fetchByKafka(topic)).toEqual(['a']))
  })

  it('names what is wrong', async () => {
    const topic = await createTopic()
    const damaged = batchOf(['x'])
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
    const large = { topic, records: { records: [{ value: Buffer.alloc(2 << 20) }] } }
    const cases = [
      [{ topic: 'no-such' }, 'UNKNOWN_TOPIC_OR_PARTITION', status.NOT_FOUND],
      [{}, 'INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ topic, partition: 3 }, 'UNKNOWN_TOPIC_OR_PARTITION', status.NOT_FOUND],
      [{ topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }, 'UNKNOWN_TOPIC_ID', status.NOT_FOUND],
      [{ topic }, 'INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ topic, acks: 9, records: recordsOf('a') }, 'INVALID_REQUIRED_ACKS', 3],
      [{ topic, timeoutMs: -1, records: recordsOf('a') }, 'INVALID_REQUEST', 3],
      [{ topic, records: { records: [] } }, 'INVALID_RECORD', status.INVALID_ARGUMENT],
      [{ topic, batch: damaged }, 'CORRUPT_MESSAGE', status.INVALID_ARGUMENT],
      [{ topic, batch: Buffer.alloc(10) }, 'INVALID_RECORD', status.INVALID_ARGUMENT],
      [large, 'MESSAGE_TOO_LARGE', status.INVALID_ARGUMENT],
    ] as const
    for (const [request, name, code] of cases) {
      const failed = await failureOf(storage.append(request))
      expect([failed.failure?.name, failed.code]).toEqual([name, code])
    }
    expect((await storage.append({ topic, records: recordsOf('fine') })).baseOffset).toBe(0)
  })
})

describe('a stream of appends', () => {
  it('keeps the order, answers each, and goes on after one that fails', async () => {
    const topic = await createTopic({}, 2)
    const call = storage.appendStream()
    const results = await Promise.all([
      ...Array.from({ length: 200 }, (_, index) =>
        call.append({ topic, partition: index % 2, records: recordsOf(`v${index}`) }),
      ),
      call.append({ topic, partition: 9, records: recordsOf('lost') }),
      call.append({ topic, records: recordsOf('last') }),
    ])
    expect(results.slice(0, 200).map(({ appended }) => appended?.baseOffset)).toEqual(
      Array.from({ length: 200 }, (_, index) => Math.floor(index / 2)),
    )
    expect(results[200]?.error?.name).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(results[201]?.appended?.baseOffset).toBe(100)
    const ended = new Promise((resolve) => call.stream.on('end', resolve))
    call.stream.end()
    await ended
  })

  it('ends with INVALID_ARGUMENT over bytes that are no message', async () => {
    const stream = openBidiStream(storage.client, {
      ...Storage.appendStream,
      requestSerialize: () => Buffer.from([0x0a, 0xff, 0xff]),
    })
    const failed = new Promise((_, reject) => stream.on('error', reject))
    stream.on('data', () => undefined)
    stream.write({})
    expect((await failureOf(failed)).failure?.name).toBe('INVALID_REQUEST')
  })
})

describe('read', () => {
  it('gives what Kafka clients appended, as records or as batches', async () => {
    const topic = await createTopic()
    await produceByKafka(topic, batchOf(['a', 'b', 'c'], { compression: 'gzip' }))
    await produceByKafka(topic, batchOf(['d']))
    const records = await storage.read({ topic, offset: 1, endOffset: 4 }).all()
    expect(records[0]).toMatchObject({ nextOffset: 1, highWatermark: 4 })
    expect(valuesOf(records)).toEqual(['b', 'c', 'd'])
    expect(records.at(-1)?.nextOffset).toBe(4)
    const read = storage.read({ topic, offset: 1, endOffset: 4, form: Form.FORM_BATCHES })
    const batches = Buffer.concat((await read.all()).map((response) => response.batches))
    const values = [...decodeRecords(batches)].map(({ value }) => value?.toString())
    expect(values).toEqual(['a', 'b', 'c', 'd'])
  })

  it('stops before the end that was asked for', async () => {
    const topic = await createTopic()
    await storage.append({ topic, records: recordsOf('a', 'b', 'c') })
    const responses = await storage.read({ topic, endOffset: 2 }).all()
    expect(valuesOf(responses)).toEqual(['a', 'b'])
    expect(responses.at(-1)?.nextOffset).toBe(2)
  })

  it('follows what is appended until the caller leaves', async () => {
    const topic = await createTopic()
    const read = storage.read({ topic, position: Position.POSITION_LATEST })
    const started = Promise.withResolvers<void>()
    const taken = read.take((responses) => {
      started.resolve()
      return valuesOf(responses).length === 2
    })
    await started.promise
    await storage.append({ topic, records: recordsOf('one') })
    await storage.append({ topic, records: recordsOf('two') })
    expect(valuesOf(await taken)).toEqual(['one', 'two'])
  })

  it('starts at a time, and at the end where nothing is that late', async () => {
    const topic = await createTopic()
    for (const timestampMs of [100, 200, 300]) {
      const value = Buffer.from(String(timestampMs))
      await storage.append({ topic, records: { records: [{ value, timestampMs }] } })
    }
    const responses = await storage.read({ topic, timestampMs: 150, endOffset: 3 }).all()
    expect(valuesOf(responses)).toEqual(['200', '300'])
    const [late] = await storage.read({ topic, timestampMs: 999 }).take(() => true)
    expect(late?.nextOffset).toBe(3)
  })

  it('starts where a group has got to', async () => {
    const topic = await createTopic()
    await storage.append({ topic, records: recordsOf('a', 'b', 'c') })
    const group = { groupId: 'readers', otherwise: Position.POSITION_LATEST }
    const [fresh] = await storage.read({ topic, group }).take(() => true)
    expect(fresh?.nextOffset).toBe(3)
    await kafka.send('findCoordinator', 3, { key: 'readers', keyType: 0 })
    await vi.waitFor(async () => {
      const { topics } = await kafka.send('offsetCommit', 8, {
        groupId: 'readers',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          {
            name: topic,
            partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }],
          },
        ],
      })
      expect(topics[0]?.partitions[0]?.errorCode).toBe(0)
    })
    const responses = await storage.read({ topic, group, endOffset: 3 }).all()
    expect(valuesOf(responses)).toEqual(['b', 'c'])
    const committed = await storage.call(Storage.fetchCommittedOffsets, { groupId: 'readers' })
    expect(committed.offsets).toMatchObject([{ topic, partition: 0, offset: 1 }])
  })

  it('refuses what cannot be read', async () => {
    const topic = await createTopic()
    const cases = [
      [{ topic: 'no-such' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
      [{ topic, offset: 5 }, 'OFFSET_OUT_OF_RANGE'],
      [{ topic, offset: -1 }, 'OFFSET_OUT_OF_RANGE'],
      [{ topic, timestampMs: -1 }, 'INVALID_REQUEST'],
      [{ topic, form: 7 }, 'INVALID_REQUEST'],
      [{ topic, isolation: 7 as typeof Isolation.ISOLATION_READ_COMMITTED }, 'INVALID_REQUEST'],
      [{ topic, maxBytes: -1 }, 'INVALID_REQUEST'],
      [{ topic, group: { groupId: '' } }, 'INVALID_GROUP_ID'],
    ] as const
    for (const [request, name] of cases) {
      expect((await failureOf(storage.read(request).all())).failure?.name).toBe(name)
    }
  })

  it('ends with an error when the topic is deleted', async () => {
    const topic = await createTopic()
    const read = storage.read({ topic })
    const ended = failureOf(read.all())
    const started = new Promise((resolve) => read.stream.once('data', resolve))
    await started
    await kafka.send('deleteTopics', 5, { topicNames: [topic], timeoutMs: 5_000 })
    expect((await ended).failure?.name).toBe('UNKNOWN_TOPIC_ID')
  })

  it('holds little for a reader that takes nothing, and loses nothing', async () => {
    const topic = await createTopic()
    const value = Buffer.alloc(100_000, 'x')
    const call = storage.appendStream()
    const appends = Array.from({ length: 250 }, () =>
      call.append({ topic, records: { records: [{ value }] } }),
    )
    await Promise.all(appends)
    call.stream.end()
    const slow = new StorageClient(node.grpcPort, 65_535)
    const bytesBefore = await arrayBufferBytes()
    const streams = Array.from({ length: 20 }, () =>
      openServerStream(slow.client, Storage.read, { topic, form: Form.FORM_BATCHES }),
    )
    for (const stream of streams) stream.on('error', () => undefined)
    await Promise.all(streams.map((s) => new Promise((resolve) => s.once('readable', resolve))))
    // Both sides are in this process: what 20 readers, and the broker for them, hold together once
    // it is no more.
    let heldBytes = 0
    await vi.waitFor(async () => {
      const before = heldBytes
      heldBytes = (await arrayBufferBytes()) - bytesBefore
      expect(Math.abs(heldBytes - before)).toBeLessThan(64 * 1024)
    }, 15_000)
    // A response that is being sent and one that waits, and at the reader one that comes in.
    expect(heldBytes).toBeLessThan(20 * 3.5 * 1024 * 1024)
    for (const stream of streams.slice(1)) stream.cancel()
    let count = 0
    for await (const response of streams[0] ?? []) {
      const { batches } = response as { batches: Buffer }
      count += [...decodeRecords(batches)].length
      if (count === 250) break
    }
    expect(count).toBe(250)
    slow.close()
  })
})

describe('offsets and topics', () => {
  it('lists ends, times, and errors of single partitions', async () => {
    const topic = await createTopic()
    for (const timestampMs of [100, 300, 200]) {
      await storage.append({ topic, records: { records: [{ timestampMs }] } })
    }
    const { partitions } = await storage.call(Storage.listOffsets, {
      topic,
      partitions: [
        { partition: 0 },
        { partition: 0, position: Position.POSITION_LATEST },
        { partition: 0, position: Position.POSITION_MAX_TIMESTAMP },
        { partition: 0, timestampMs: 150 },
        { partition: 0, timestampMs: 999 },
        { partition: 4 },
      ],
    })
    expect(partitions.map(({ offset }) => offset)).toEqual([0, 3, 1, 1, -1, -1])
    expect(partitions[3]?.timestampMs).toBe(300)
    expect(partitions[5]?.error?.name).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it('describes topics by name, and all of them page by page', async () => {
    const names = [await createTopic({}, 3), await createTopic()]
    const named = await storage.call(Storage.describeTopics, { topics: [...names, 'no-such'] })
    expect(named.clusterId).not.toBe('')
    expect(named.brokers).toMatchObject([{ nodeId: 1, port: node.grpcPort }])
    expect(named.topics[0]?.partitions).toHaveLength(3)
    expect(named.topics[0]?.partitions[2]).toMatchObject({ partition: 2, leader: 1, replicas: [1] })
    expect(named.topics[2]?.error?.name).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const paged: string[] = []
    for (let pageToken = ''; ; ) {
      const page = await storage.call(Storage.describeTopics, { pageSize: 2, pageToken })
      expect(page.topics.length).toBeLessThanOrEqual(2)
      paged.push(...page.topics.map(({ name }) => name))
      pageToken = page.nextPageToken
      if (pageToken === '') break
    }
    expect(paged).toEqual(paged.toSorted())
    expect(paged).toEqual(expect.arrayContaining(names))
  })

  it('refuses a plain request that is too large to be one', async () => {
    const topics = Array.from({ length: 40_000 }, (_, index) => `topic-${index}`)
    const { failure } = await failureOf(storage.call(Storage.describeTopics, { topics }))
    expect(failure?.name).toBe('INVALID_REQUEST')
  })
})

describe('health', () => {
  it('says that the node serves, by service, and knows no others', async () => {
    const serving = { status: Serving.SERVING }
    const service = 'samsa.storage.v1.Storage'
    // The node is not ready while a log is being opened or deleted.
    await vi.waitFor(async () => {
      expect(await storage.call(Health.check, {})).toMatchObject(serving)
      expect(await storage.call(Health.check, { service })).toMatchObject(serving)
    }, 10_000)
    const unknown = await failureOf(storage.call(Health.check, { service: 'no.such' }))
    expect(unknown.code).toBe(status.NOT_FOUND)
  })

  it('tells a watcher when the node stops, and ends its readers', async () => {
    const stopping = await startTestNode(['samsa.grpc.listener=127.0.0.1:0'])
    const client = new StorageClient(stopping.grpcPort)
    const seen: number[] = []
    const watch = openServerStream(client.client, Health.watch, {})
    const ended = new Promise<void>((resolve) => {
      watch.on('end', resolve)
      watch.on('error', () => resolve())
    })
    watch.on('data', ({ status: now }) => seen.push(now))
    await vi.waitFor(() => expect(seen).toEqual([Serving.SERVING]))
    await stopping.close()
    await ended
    expect(seen).toEqual([Serving.SERVING, Serving.NOT_SERVING])
    client.close()
  })
})

describe('reflection', () => {
  const v1alpha = ServerReflection.serverReflectionInfo.path.replace('.v1.', '.v1alpha.')

  it.each([ServerReflection.serverReflectionInfo.path, v1alpha])(
    'lists and describes: %s',
    async (path) => {
      const stream = openBidiStream(storage.client, {
        ...ServerReflection.serverReflectionInfo,
        path,
      })
      const answers = stream[Symbol.asyncIterator]()
      const ask = async (request: ServerReflectionRequestInit) => {
        stream.write(request)
        return (await answers.next()).value as ServerReflectionResponse
      }
      const listed = await ask({ listServices: '*' })
      const names = listed.listServicesResponse?.service.map(({ name }) => name)
      expect(names).toContain('samsa.storage.v1.Storage')
      const { fileDescriptorResponse } = await ask({
        fileContainingSymbol: 'samsa.storage.v1.Storage.Append',
      })
      const expected = descriptors.find(({ name }) => name.endsWith('/storage.proto'))
      expect(fileDescriptorResponse?.fileDescriptorProto[0]?.toString('base64')).toBe(
        expected?.base64,
      )
      const missing = await ask({ fileByFilename: 'no-such.proto' })
      expect(missing.errorResponse?.errorCode).toBe(status.NOT_FOUND)
      stream.end()
    },
  )
})
