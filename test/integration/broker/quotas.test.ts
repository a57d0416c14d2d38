// Client quotas on a real node: set, described, and held to, as responses and metrics tell.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { zeroUuid } from '@samsa/proto/wire/types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

let node: TestNode
let admin: KafkaClient
const clients: KafkaClient[] = []
const topic = 'held'
const code = (name: KafkaErrorName) => errorCodes[name]

type Names = Readonly<Record<string, string | null>>

async function alter(names: Names, values: Readonly<Record<string, number | null>>) {
  const entity = Object.entries(names).map(([entityType, entityName]) => {
    return { entityType, entityName }
  })
  const ops = Object.entries(values).map(([key, value]) => {
    return { key, value: value ?? 0, remove: value === null }
  })
  const request = { entries: [{ entity, ops }], validateOnly: false }
  const { entries } = await admin.send('alterClientQuotas', 1, request)
  expect(entries[0]?.errorMessage).toBeNull()
}

async function connect(clientId: string): Promise<KafkaClient> {
  const client = await KafkaClient.connect({ port: node.port, clientId })
  clients.push(client)
  return client
}

const batch = (bytes: number) => {
  return encodeBatch([{ key: null, value: Buffer.alloc(bytes), timestampMs: Date.now() }])
}

function produce(client: KafkaClient, bytes: number) {
  return client.send('produce', 9, {
    acks: 1,
    timeoutMs: 5_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(bytes) }] }],
  })
}

function fetch(client: KafkaClient) {
  return client.send('fetch', 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
    sessionEpoch: -1,
  })
}

const newTopic = (name: string, numPartitions: number) => {
  return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
}
const create = (client: KafkaClient, version: number, ...topics: ReturnType<typeof newTopic>[]) =>
  client.send('createTopics', version, { topics, timeoutMs: 5_000, validateOnly: false })

beforeAll(async () => {
  node = await startTestNode()
  admin = await connect('admin')
  await create(admin, 7, newTopic(topic, 1))
})
afterAll(async () => {
  for (const client of clients) await client.close()
  await node.close()
})

describe('byte quotas', () => {
  it('answer first, then keep the client waiting, and nobody else', async () => {
    await alter({ 'client-id': 'slow' }, { producer_byte_rate: 20_000 })
    const [slow, free] = [await connect('slow'), await connect('free')]
    const startedAtMs = performance.now()
    const first = await produce(slow, 8_000)
    expect(first.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
    expect(first.throttleTimeMs).toBeGreaterThan(300)
    expect(first.throttleTimeMs).toBeLessThanOrEqual(450)
    expect((await produce(free, 8_000)).throttleTimeMs).toBe(0)
    expect((await produce(slow, 1)).throttleTimeMs).toBeLessThan(100)
    expect(performance.now() - startedAtMs).toBeGreaterThan(first.throttleTimeMs - 1)
  })

  it('bound what one fetch gives, and count what it gave', async () => {
    await produce(await connect('free'), 30_000)
    await alter({ user: 'ANONYMOUS', 'client-id': 'reader' }, { consumer_byte_rate: 10_000 })
    const reader = await connect('reader')
    const fetched = await fetch(reader)
    const bytes = fetched.responses[0]?.partitions[0]?.records?.length ?? 0
    // A first batch comes whole, and no second one that goes beyond a second of the rate.
    expect(bytes).toBeGreaterThan(8_000)
    expect(bytes).toBeLessThan(12_000)
    // What was earned between the reading and the answer is not owed.
    expect(fetched.throttleTimeMs).toBeGreaterThan(bytes / 10 - 300)
  })

  it('end at once when they are removed', async () => {
    await alter({ 'client-id': 'brief' }, { producer_byte_rate: 100_000 })
    const brief = await connect('brief')
    expect((await produce(brief, 5_000)).throttleTimeMs).toBeGreaterThan(0)
    await alter({ 'client-id': 'brief' }, { producer_byte_rate: null })
    expect((await produce(brief, 5_000)).throttleTimeMs).toBe(0)
  })

  it('hold back a producer that gets no answers', async () => {
    await alter({ 'client-id': 'mute' }, { producer_byte_rate: 10_000 })
    const mute = await connect('mute')
    const startedAtMs = performance.now()
    const unanswered = mute.send('produce', 9, {
      acks: 0,
      timeoutMs: 5_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(3_000) }] }],
    })
    unanswered.catch(() => undefined)
    await mute.send('apiVersions', 3, { clientSoftwareName: 't', clientSoftwareVersion: '1' })
    expect(performance.now() - startedAtMs).toBeGreaterThan(290)
  })

  it('are told by the metrics', async () => {
    const text = await (await globalThis.fetch(`http://127.0.0.1:${node.httpPort}/metrics`)).text()
    expect(text).toMatch(/samsa_quota_throttled_responses_total\{type="Produce"\} [1-9]/)
    expect(text).toContain('samsa_quota_limit{type="Produce",user="",client_id="slow"} 20000')
    expect(text).toContain(
      'samsa_quota_limit{type="Fetch",user="ANONYMOUS",client_id="reader"} 10000',
    )
  })
})

describe('controller_mutation_rate (KIP-599)', () => {
  it('refuses new clients item by item, and lets older ones wait', async () => {
    await alter({ 'client-id': 'maker' }, { controller_mutation_rate: 0.5 })
    const maker = await connect('maker')
    const made = await create(maker, 6, newTopic('m1', 5), newTopic('m2', 2), newTopic('m3', 1))
    const errors = new Map(made.topics.map(({ name, errorCode }) => [name, errorCode]))
    // 5.5 were saved: the second overdraws them, the third comes too late.
    expect([errors.get('m1'), errors.get('m2')]).toEqual([0, 0])
    expect(errors.get('m3')).toBe(code('THROTTLING_QUOTA_EXCEEDED'))
    expect(made.throttleTimeMs).toBeGreaterThan(2_500)
    await alter({ 'client-id': 'maker' }, { controller_mutation_rate: 50_000 })
    const other = await connect('maker')
    const request = { topics: [{ name: 'm2', topicId: zeroUuid }], timeoutMs: 5_000 }
    const deleted = await other.send('deleteTopics', 6, request)
    expect(deleted.responses.map(({ errorCode }) => errorCode)).toEqual([0])
    await alter({ 'client-id': 'maker' }, { controller_mutation_rate: 1 })
    const late = await other.send('createPartitions', 1, {
      topics: [{ name: 'm1', count: 40, assignments: null }],
      timeoutMs: 5_000,
      validateOnly: false,
    })
    expect(late.results.map(({ errorCode }) => errorCode)).toEqual([0])
    expect(late.throttleTimeMs).toBeGreaterThan(1_000)
  })
})

describe('DescribeClientQuotas', () => {
  const find = async (
    components: readonly (readonly [string, number, string | null])[],
    strict = false,
  ) => {
    const { errorCode, errorMessage, entries } = await admin.send('describeClientQuotas', 1, {
      components: components.map(([entityType, matchType, match]) => {
        return { entityType, matchType, match }
      }),
      strict,
    })
    if (entries === null) return { errorCode, errorMessage }
    return entries
      .map(({ entity }) => entity.map((part) => `${part.entityType}=${part.entityName}`).join())
      .filter((text) => text.includes('d-') || text === 'ip=null')
      .toSorted()
  }

  it('finds by name, by default and by type, strictly or not', async () => {
    await alter({ user: 'd-ada' }, { producer_byte_rate: 1 })
    await alter({ user: 'd-ada', 'client-id': 'd-app' }, { producer_byte_rate: 2 })
    await alter({ user: null, 'client-id': 'd-app' }, { producer_byte_rate: 3 })
    await alter({ ip: null }, { connection_creation_rate: 1_000_000 })
    expect(await find([['user', 0, 'd-ada']])).toEqual(['user=d-ada', 'user=d-ada,client-id=d-app'])
    expect(await find([['user', 0, 'd-ada']], true)).toEqual(['user=d-ada'])
    expect(await find([['user', 1, null]])).toEqual(['user=null,client-id=d-app'])
    expect(
      await find([
        ['user', 2, null],
        ['client-id', 0, 'd-app'],
      ]),
    ).toEqual(['user=d-ada,client-id=d-app', 'user=null,client-id=d-app'])
    expect(await find([['ip', 2, null]])).toEqual(['ip=null'])
    expect(await find([])).toHaveLength(4)
    expect(await find([], true)).toEqual([])
  })

  it("refuses filters that mean nothing, in Kafka's words", async () => {
    expect(await find([['group', 2, null]])).toEqual({
      errorCode: code('UNSUPPORTED_VERSION'),
      errorMessage: 'Unsupported entity type group',
    })
    const invalid = { errorCode: code('INVALID_REQUEST') }
    expect(await find([['', 2, null]])).toMatchObject(invalid)
    expect(await find([['user', 0, null]])).toMatchObject(invalid)
    expect(await find([['user', 1, 'a']])).toMatchObject(invalid)
    expect(await find([['user', 2, 'a']])).toMatchObject(invalid)
    expect(await find([['user', 7, null]])).toMatchObject(invalid)
    expect(
      await find([
        ['user', 2, null],
        ['user', 1, null],
      ]),
    ).toMatchObject(invalid)
    expect(
      await find([
        ['user', 2, null],
        ['ip', 2, null],
      ]),
    ).toMatchObject(invalid)
  })
})

it('keeps quotas over a restart', async () => {
  await node.restart()
  const slow = await connect('slow')
  expect((await produce(slow, 8_000)).throttleTimeMs).toBeGreaterThan(200)
})
