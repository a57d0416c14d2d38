// What clients see of replication, frame by frame: where to look instead, reads from followers, and
// refusals while too few replicas are in sync.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { decodeRecords } from '@samsa/proto/record/records'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { batchOf } from '../../../support/disk/log-fixture.ts'
import type { KafkaClient } from '../../../support/kafka-client.ts'
import { startThreeNodes, type ThreeNodes } from '../../../support/replica/three-nodes.ts'

let nodes: ThreeNodes
let clients: Map<number, KafkaClient>

beforeAll(async () => {
  nodes = await startThreeNodes([
    'replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector',
  ])
  clients = new Map()
  for (const id of nodes.ids) clients.set(id, await nodes.connect(id))
}, 60_000)
afterAll(() => nodes.close())

function client(id: number): KafkaClient {
  const found = clients.get(id)
  if (found === undefined) throw new Error(`no client of node ${id}`)
  return found
}

/** A topic of one partition: its first replica leads it. */
async function createTopic(name: string, replicas: number[], configs: Record<string, string> = {}) {
  const { topics } = await client(1).send('createTopics', 7, {
    topics: [
      {
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: replicas }],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 5_000,
  })
  expect(topics[0]?.errorCode).toBe(0)
  const topicId = topics[0]?.topicId ?? ''
  await vi.waitFor(async () => {
    for (const id of nodes.ids) {
      const answer = await client(id).send('metadata', 12, {
        topics: [{ name, topicId }],
        allowAutoTopicCreation: false,
      })
      expect(answer.topics[0]?.partitions[0]?.leaderId).toBe(replicas[0])
    }
  })
  return topicId
}

async function produce(id: number, name: string, values: string[], version = 12) {
  const { responses, nodeEndpoints } = await client(id).send('produce', version, {
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name, partitionData: [{ index: 0, records: batchOf(values) }] }],
  })
  return { row: responses[0]?.partitionResponses[0], nodeEndpoints }
}

interface Fetch {
  readonly rackId?: string
  readonly fetchOffset?: number
  readonly version?: number
  readonly currentLeaderEpoch?: number
}

async function fetch(id: number, topicId: string, name: string, options: Fetch = {}) {
  const { rackId = '', fetchOffset = 0, version = 16, currentLeaderEpoch = -1 } = options
  const answer = await client(id).send('fetch', version, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1_000_000,
    rackId,
    topics: [
      {
        topicId,
        topic: name,
        partitions: [
          { partition: 0, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1_000_000 },
        ],
      },
    ],
    forgottenTopicsData: [],
  })
  const row = answer.responses[0]?.partitions[0]
  if (row === undefined) throw new Error('no answer for the partition')
  const records = row.records === null ? [] : [...decodeRecords(row.records)]
  return {
    row,
    nodeEndpoints: answer.nodeEndpoints,
    values: records.map(({ value }) => value?.toString()),
  }
}

describe('a broker that does not lead the partition', () => {
  it('says in its answer to Produce who does, and where', async () => {
    await createTopic('hinted', [2, 3])
    const { row, nodeEndpoints } = await produce(3, 'hinted', ['a'])
    expect(row?.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(row?.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 0 })
    expect(nodeEndpoints).toEqual([
      { nodeId: 2, host: '127.0.0.1', port: nodes.port(2), rack: 'rack-2' },
    ])
    expect((await produce(2, 'hinted', ['a'])).row?.errorCode).toBe(errorCodes.NONE)
  })

  it('says so in its answer to Fetch where it has no replica', async () => {
    const topicId = await createTopic('hinted-fetch', [2, 3])
    const { row, nodeEndpoints } = await fetch(1, topicId, 'hinted-fetch')
    expect(row.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(row.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 0 })
    expect(nodeEndpoints.map(({ nodeId, port }) => [nodeId, port])).toEqual([[2, nodes.port(2)]])
  })

  it('says nothing of it to older clients', async () => {
    await createTopic('older', [2])
    const { row, nodeEndpoints } = await produce(1, 'older', ['a'], 9)
    expect(row?.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(nodeEndpoints).toEqual([])
  })
})

describe('a consumer in the rack of a follower', () => {
  it('is sent there, and reads there what is committed', async () => {
    const topicId = await createTopic('racks', [1, 2, 3])
    expect((await produce(1, 'racks', ['a', 'b'])).row?.errorCode).toBe(errorCodes.NONE)
    const sent = await fetch(1, topicId, 'racks', { rackId: 'rack-3' })
    expect(sent.row).toMatchObject({ errorCode: 0, preferredReadReplica: 3 })
    expect(sent.values).toEqual([])
    const read = await fetch(3, topicId, 'racks', { rackId: 'rack-3' })
    expect(read.row).toMatchObject({ errorCode: 0, preferredReadReplica: -1, highWatermark: 2 })
    expect(read.values).toEqual(['a', 'b'])
  })

  it('stays with a leader of its own rack, or of none', async () => {
    const topicId = await createTopic('stays', [1, 2])
    await produce(1, 'stays', ['a'])
    for (const rackId of ['rack-1', 'rack-3', '']) {
      const read = await fetch(1, topicId, 'stays', { rackId })
      expect(read.row.preferredReadReplica).toBe(-1)
      expect(read.values).toEqual(['a'])
    }
  })

  it('is told by the follower that an offset is not there yet, and of other epochs', async () => {
    const topicId = await createTopic('ahead', [1, 2])
    await produce(1, 'ahead', ['a'])
    const ahead = await fetch(2, topicId, 'ahead', { fetchOffset: 100 })
    expect(ahead.row.errorCode).toBe(errorCodes.OFFSET_NOT_AVAILABLE)
    const newer = await fetch(2, topicId, 'ahead', { currentLeaderEpoch: 9 })
    expect(newer.row.errorCode).toBe(errorCodes.UNKNOWN_LEADER_EPOCH)
    const old = await fetch(2, topicId, 'ahead', { version: 10 })
    expect(old.row.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
  })
})

it('a write to fewer replicas than min.insync.replicas goes through with all there are', async () => {
  await createTopic('few', [1, 2], { 'min.insync.replicas': '3' })
  expect((await produce(1, 'few', ['a'])).row?.errorCode).toBe(errorCodes.NONE)
})

it('what replication does is in the metrics', async () => {
  await createTopic('measured', [1, 2, 3])
  await produce(1, 'measured', ['x'.repeat(1000)])
  const answer = await globalThis.fetch(`http://127.0.0.1:${nodes.httpPort(1)}/metrics`)
  const text = await answer.text()
  expect(text).toMatch(/^samsa_under_replicated_partitions 0$/m)
  expect(text).toMatch(/^samsa_under_min_isr_partitions 0$/m)
  const out = /^samsa_replication_bytes_out_total (\d+)$/m.exec(text)?.[1]
  expect(Number(out)).toBeGreaterThan(2000)
})
