// `__consumer_offsets` and `__transaction_state` stay small: what groups and transactions write
// again and again for the same keys is compacted, and what was written last is still there.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { zeroUuid } from '@samsa/proto/wire/types'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../../../support/conformance/wait.ts'
import type { KafkaClient } from '../../../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../../../support/node.ts'
import { TransactionalClient } from '../../../../support/transactional-client.ts'

const segmentBytes = 16_384
/** The active segment, what is not dirty enough to be cleaned yet, and what is left of the others. */
const sizeMax = 4 * segmentBytes
const timeoutMs = 30_000
const partitionCount = 50
const commitRounds = 80
const initRounds = 1_000

let node: TestNode
let client: KafkaClient

beforeAll(async () => {
  node = await startTestNode([
    'offsets.topic.num.partitions=1',
    'transaction.state.log.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'log.cleaner.backoff.ms=50',
    'log.cleaner.min.cleanable.ratio=0.1',
    // What compaction has taken the place of goes soon, so that the folder shows it.
    'log.segment.delete.delay.ms=100',
  ])
  client = await node.connect()
}, timeoutMs)
afterAll(() => node?.close())

/** Bytes of the log files of the topic's only partition. */
function logBytes(topic: string): number {
  const folder = join(node.dataDir, `${topic}-0`)
  let bytes = 0
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.log') && !name.endsWith('.log.deleted')) continue
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** How many records are still there of so many that were written. */
async function recordsKept(topic: string): Promise<number> {
  const reader = new TransactionalClient('reader', { connect: async () => client }, client)
  return (await reader.read(topic, 0, { committed: false })).length
}

/** Few records and small files are left of many. */
async function becomesSmall(topic: string, writtenMin: number): Promise<void> {
  expect(await recordsWritten(topic)).toBeGreaterThanOrEqual(writtenMin)
  const isSmall = async () =>
    logBytes(topic) <= sizeMax && (await recordsKept(topic)) <= writtenMin / 4
  await waitFor(isSmall, { what: `${topic} to be compacted`, timeoutMs })
}

/** Smaller than what a topic may have for its own, so that there is something to compact soon. */
async function useSmallSegments(topic: string): Promise<void> {
  const configs = [
    { name: 'internal.segment.bytes', configOperation: 0, value: String(segmentBytes) },
  ]
  const resources = [{ resourceType: 2, resourceName: topic, configs }]
  const { responses } = await client.send('incrementalAlterConfigs', 1, {
    resources,
    validateOnly: false,
  })
  expect(responses[0]?.errorCode).toBe(0)
}

/** Whether they are still there or not. */
async function recordsWritten(topic: string): Promise<number> {
  const { topics } = await client.send('listOffsets', 1, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  return topics[0]?.partitions[0]?.offset ?? -1
}

it('offsets that are committed again and again take the place of the earlier ones', async () => {
  await client.send('createTopics', 4, {
    topics: [
      {
        name: 't',
        numPartitions: partitionCount,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  await client.send('findCoordinator', 1, { key: 'g', keyType: 0 })
  const commit = (committedOffset: number) =>
    client.send('offsetCommit', 7, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [
        {
          name: 't',
          topicId: zeroUuid,
          partitions: Array.from({ length: partitionCount }, (_, partitionIndex) => ({
            partitionIndex,
            committedOffset,
            committedLeaderEpoch: -1,
            committedMetadata: '',
          })),
        },
      ],
    })
  const isCommitted = async () => {
    const { topics } = await commit(0)
    return topics[0]?.partitions[0]?.errorCode === 0
  }
  await waitFor(isCommitted, { what: 'the group to be served', timeoutMs })
  await useSmallSegments('__consumer_offsets')
  for (let round = 1; round <= commitRounds; round++) await commit(round)
  await becomesSmall('__consumer_offsets', commitRounds * partitionCount)
  await node.restart()
  client = await node.connect()
  const isBack = async () => {
    const { topics } = await client.send('offsetFetch', 5, { groupId: 'g', topics: null })
    const found = topics?.flatMap(({ partitions }) => partitions) ?? []
    return found.length === partitionCount && found.every((p) => p.committedOffset === commitRounds)
  }
  await waitFor(isBack, { what: 'the last offsets to be back', timeoutMs })
}, 60_000)

it('so do the states of a transactional id', async () => {
  const begin = () =>
    client.send('initProducerId', 1, { transactionalId: 'id', transactionTimeoutMs: 60_000 })
  await client.send('findCoordinator', 1, { key: 'id', keyType: 1 })
  const isServed = async () => (await begin()).errorCode === 0
  await waitFor(isServed, { what: 'the transactional id to be served', timeoutMs })
  await useSmallSegments('__transaction_state')
  let last = await begin()
  for (let round = 0; round < initRounds; round++) last = await begin()
  expect(last.errorCode).toBe(0)
  await becomesSmall('__transaction_state', initRounds)
  await node.restart()
  client = await node.connect()
  await waitFor(isServed, { what: 'the transactional id to be served', timeoutMs })
  const { producerId, producerEpoch } = await begin()
  // The same producer, fenced once more and not begun anew.
  expect([producerId, producerEpoch > last.producerEpoch]).toEqual([last.producerId, true])
}, 60_000)
