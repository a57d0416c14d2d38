// `samsa txn` against a node: who has transactions open and where they stand, and the end of one
// that hangs in a partition, which no coordinator knows of (KIP-664).

import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runSamsa } from '../../support/cli/run-cli.ts'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { nameOf, TransactionalClient } from '../../support/transactional-client.ts'

const topic = 'written'
const patience = { timeout: 10_000, interval: 20 }

let node: TestNode
let client: KafkaClient

beforeAll(async () => {
  node = await startTestNode([
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=2',
    // So that a transaction can hang at all.
    'transaction.partition.verification.enable=false',
  ])
  client = await node.connect()
  const asked = {
    name: topic,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }
  const { topics } = await client.send('createTopics', 7, { topics: [asked], timeoutMs: 10_000 })
  expect(nameOf(topics[0]?.errorCode ?? -1)).toBe('NONE')
})
afterAll(() => node?.close())

async function txn(...args: string[]) {
  return runSamsa(['txn', ...args, '--bootstrap-server', `127.0.0.1:${node.port}`])
}

async function producer(id: string): Promise<TransactionalClient> {
  const made = new TransactionalClient(id, { connect: async () => client }, client)
  expect(await made.init()).toBe('NONE')
  return made
}

describe('samsa txn', () => {
  it('lists transactional ids, all of them or those in a state', async () => {
    const open = await producer('list-open')
    const ended = await producer('list-ended')
    for (const each of [open, ended]) await each.produce(topic, 0, 'a')
    expect(await ended.commit()).toBe('NONE')
    await vi.waitFor(async () => {
      const { stdout } = await txn('list', '--json')
      expect(JSON.parse(stdout)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ transactionalId: 'list-ended', state: 'CompleteCommit' }),
          expect.objectContaining({ transactionalId: 'list-open', state: 'Ongoing' }),
        ]),
      )
    }, patience)
    const { stdout, code } = await txn('list', '--state', 'Ongoing')
    expect(code).toBe(0)
    expect(stdout).toMatch(/TRANSACTIONAL ID +STATE +PRODUCER +COORDINATOR\nlist-open +Ongoing/)
    expect(stdout).not.toContain('list-ended')
    expect(await open.abort()).toBe('NONE')
  })

  it('lists those that have been open for long', async () => {
    const open = await producer('list-long')
    await open.produce(topic, 0, 'a')
    expect((await txn('list', '--longer-than', '1h')).stdout).not.toContain('list-long')
    await vi.waitFor(async () => {
      expect((await txn('list', '--longer-than', '1ms')).stdout).toContain('list-long')
    }, patience)
    expect(await open.abort()).toBe('NONE')
  })

  it('describes a transaction with the partitions that it writes to', async () => {
    const open = await producer('described')
    await open.produce(topic, 1, 'a')
    const { stdout, code } = await txn('describe', 'described', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        transactionalId: 'described',
        state: 'Ongoing',
        producerId: open.producerId,
        timeoutMs: 60_000,
        partitions: [{ topic, partition: 1 }],
      }),
    ])
    expect((await txn('describe', 'described')).stdout).toContain('written-1')
    expect(await open.abort()).toBe('NONE')
    const unknown = await txn('describe', 'nobody')
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('nobody')
  })

  it('aborts a transaction that hangs, and only where one begins', async () => {
    const reader = await producer('reader')
    const before = await reader.read(topic, 1)
    const startOffset = await endOf(1)
    const hanging = { producerId: 77_777, producerEpoch: 0, baseSequence: 0, isTransactional: true }
    const value = Buffer.from('hangs')
    const records = encodeBatch([{ key: null, value, timestampMs: Date.now() }], hanging)
    const { responses } = await client.send('produce', 11, {
      transactionalId: 'nobody',
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: 1, records }] }],
    })
    expect(nameOf(responses[0]?.partitionResponses[0]?.errorCode ?? -1)).toBe('NONE')
    const after = await producer('after')
    await after.produce(topic, 1, 'behind')
    expect(await after.commit()).toBe('NONE')
    expect(await reader.read(topic, 1)).toEqual(before)

    const where = ['--topic', topic, '--partition', '1', '--start-offset']
    const wrong = await txn('abort', ...where, String(startOffset + 1))
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('no transaction begins at offset')
    const { code, stdout } = await txn('abort', ...where, String(startOffset))
    expect([code, stdout]).toEqual([
      0,
      `the transaction of producer 77777 in ${topic}-1 is aborted\n`,
    ])
    await vi.waitFor(
      async () => expect(await reader.read(topic, 1)).toEqual([...before, 'behind']),
      patience,
    )
  })
})

async function endOf(index: number): Promise<number> {
  const { topics } = await client.send('listOffsets', 7, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name: topic,
        partitions: [{ partitionIndex: index, timestamp: -1, currentLeaderEpoch: -1 }],
      },
    ],
  })
  return topics[0]?.partitions[0]?.offset ?? -1
}
