// Readers of committed records on a compacted topic: what they see is the same before and after the
// log is cleaned, and after the node was restarted on what the cleaner left.

import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { nameOf, TransactionalClient } from '../../support/transactional-client.ts'

const topic = 'compacted'
const patience = { timeout: 20_000, interval: 20 }

let node: TestNode
let client: KafkaClient

beforeAll(async () => {
  node = await startTestNode([
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=2',
    'log.cleaner.backoff.ms=20',
  ])
  client = await node.connect()
  const configs = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0',
    'segment.ms': '50',
  }
  const asked = {
    name: topic,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
  const { topics } = await client.send('createTopics', 7, { topics: [asked], timeoutMs: 10_000 })
  expect(nameOf(topics[0]?.errorCode ?? -1)).toBe('NONE')
})
afterAll(() => node?.close())

async function producer(id: string): Promise<TransactionalClient> {
  const made = new TransactionalClient(id, { connect: async () => client }, client)
  expect(await made.init()).toBe('NONE')
  return made
}

it('see neither aborted nor open records, before and after cleaning and a restart', async () => {
  const one = await producer('one')
  const other = await producer('other')
  const write = async (by: TransactionalClient, pairs: [string, string][]) =>
    expect(await by.produceKeyed(topic, 0, pairs)).toBe('NONE')
  const committed = () => one.read(topic, 0)

  await write(one, [
    ['k1', 'a1'],
    ['k2', 'a2'],
    ['k3', 'a3'],
  ])
  expect(await one.commit()).toBe('NONE')
  await write(other, [
    ['k1', 'aborted'],
    ['k4', 'aborted'],
  ])
  await write(one, [['k2', 'b2']])
  expect(await other.abort()).toBe('NONE')
  expect(await one.commit()).toBe('NONE')
  await vi.waitFor(
    async () => expect(await committed()).toEqual(['a1', 'a2', 'a3', 'b2']),
    patience,
  )

  // Time enough passes for each of these to begin a segment, so that the first ones are cleaned.
  let round = 0
  await vi.waitFor(async () => {
    await write(one, [['k3', `c${round++}`]])
    expect(await one.commit()).toBe('NONE')
    const everything = await one.read(topic, 0, { committed: false })
    expect(everything).not.toContain('a2')
    expect(everything).not.toContain('aborted')
  }, patience)
  const open = await producer('open')
  await write(open, [
    ['k1', 'open'],
    ['k2', 'open'],
  ])
  const isCleaned = (values: string[]) => {
    expect(values.slice(0, 2)).toEqual(['a1', 'b2'])
    expect(values.at(-1)).toBe(`c${round - 1}`)
  }
  await vi.waitFor(async () => isCleaned(await committed()), patience)

  await node.restart()
  client = await node.connect()
  const after = new TransactionalClient('open', { connect: async () => client }, client)
  await vi.waitFor(async () => isCleaned(await after.read(topic, 0)), patience)
  // The next producer of that id ends what the one before it left open.
  expect(await after.init()).toBe('NONE')
  await write(after, [['k4', 'last']])
  expect(await after.commit()).toBe('NONE')
  await vi.waitFor(async () => expect((await after.read(topic, 0)).at(-1)).toBe('last'), patience)
  expect(await after.read(topic, 0)).not.toContain('open')
}, 60_000)
