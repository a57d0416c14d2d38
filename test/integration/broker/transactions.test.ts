// Transactions on three nodes, frame by frame: what readers see of them, and what becomes of them
// when producers and coordinators go at the wrong moment (KIP-98, KIP-447, KIP-890).

import { keyPartition } from '@samsa/broker/coordinator/key-partition'
import { transactionTopic } from '@samsa/controller/topic-names'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode } from '../../support/node.ts'
import { startThreeNodes, type ThreeNodes } from '../../support/replica/three-nodes.ts'
import { nameOf, TransactionalClient, whileRetriable } from '../../support/transactional-client.ts'

let nodes: ThreeNodes
let client: KafkaClient
let names = 0
const connections = new Map<number, KafkaClient>()

const cluster = {
  async connect(id: number) {
    const known = connections.get(id) ?? (await nodes.connect(id))
    connections.set(id, known)
    return known
  },
}

beforeAll(async () => {
  nodes = await startThreeNodes([
    'transaction.state.log.num.partitions=3',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms=50',
  ])
  client = await cluster.connect(1)
}, 60_000)
afterAll(() => nodes?.close())

async function createTopic(via = client, replicationFactor = 3): Promise<string> {
  const name = `topic-${names++}`
  const topic = { name, numPartitions: 3, replicationFactor, assignments: [], configs: [] }
  const { topics } = await via.send('createTopics', 7, { topics: [topic], timeoutMs: 10_000 })
  expect(nameOf(topics[0]?.errorCode ?? -1)).toBe('NONE')
  return name
}

async function producer(id = `tx-${names++}`): Promise<TransactionalClient> {
  const made = new TransactionalClient(id, cluster, client)
  expect(await made.init()).toBe('NONE')
  return made
}

const patience = { timeout: 20_000, interval: 20 }

describe('readers of what is committed', () => {
  it('see neither aborted nor open records, and commits whole', async () => {
    const topic = await createTopic()
    const one = await producer()
    const other = await producer()
    await one.produce(topic, 0, 'a', 'b')
    await other.produce(topic, 0, 'x')
    await one.produce(topic, 1, 'c')
    expect(await one.read(topic, 0)).toEqual([])
    expect(await one.read(topic, 0, { committed: false })).toEqual(['a', 'b', 'x'])
    expect(await one.commit()).toBe('NONE')
    await vi.waitFor(async () => expect(await one.read(topic, 0)).toEqual(['a', 'b']), patience)
    await vi.waitFor(async () => expect(await one.read(topic, 1)).toEqual(['c']), patience)
    expect(await other.abort()).toBe('NONE')
    expect(await one.produce(topic, 0, 'd')).toBe('NONE')
    expect(await one.commit()).toBe('NONE')
    await vi.waitFor(
      async () => expect(await one.read(topic, 0)).toEqual(['a', 'b', 'd']),
      patience,
    )
  })

  it('see the same after a restart of the only node', async () => {
    const node = await startTestNode([
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'transaction.state.log.num.partitions=2',
    ])
    try {
      let only = await node.connect()
      const single = { connect: async () => only }
      const topic = await createTopic(only, 1)
      const one = new TransactionalClient('one', single, only)
      const open = new TransactionalClient('open', single, only)
      for (const each of [one, open]) expect(await each.init()).toBe('NONE')
      await one.produce(topic, 0, 'a')
      await one.commit()
      await one.produce(topic, 0, 'b')
      await one.abort()
      await one.produce(topic, 0, 'c')
      await one.commit()
      await open.produce(topic, 0, 'd')
      await vi.waitFor(async () => expect(await one.read(topic, 0)).toEqual(['a', 'c']), patience)
      await node.restart()
      only = await node.connect()
      const after = new TransactionalClient('open', single, only)
      await vi.waitFor(async () => expect(await after.read(topic, 0)).toEqual(['a', 'c']), patience)
      // The next producer of that id ends what the one before it left open.
      expect(await after.init()).toBe('NONE')
      await after.produce(topic, 0, 'e')
      await after.commit()
      await vi.waitFor(
        async () => expect(await after.read(topic, 0)).toEqual(['a', 'c', 'e']),
        patience,
      )
    } finally {
      await node.close()
    }
  })
})

describe('a producer', () => {
  it('that dies between EndTxn and the markers has committed', async () => {
    const topic = await createTopic()
    const dying = await producer()
    await dying.produce(topic, 0, 'a')
    await dying.produce(topic, 2, 'b')
    const connection = await nodes.connect(await dying.coordinatorId())
    const { transactionalId, producerId, producerEpoch } = dying
    const answer = connection.send('endTxn', 5, {
      transactionalId,
      producerId,
      producerEpoch,
      committed: true,
    })
    await connection.close()
    await answer.catch(() => undefined)
    const next = new TransactionalClient(transactionalId, cluster, client)
    expect(await next.init()).toBe('NONE')
    const seen = [...(await next.read(topic, 0)), ...(await next.read(topic, 2))]
    // Whole, or, where the request never arrived, not at all: the next producer then aborted it.
    expect([[], ['a', 'b']]).toContainEqual(seen)
  })

  it('whose EndTxn is late does not end the next transaction', async () => {
    const topic = await createTopic()
    const one = await producer()
    const { producerId, producerEpoch, transactionalId } = one
    await one.produce(topic, 0, 'a')
    await one.commit()
    await one.produce(topic, 0, 'b')
    const late = await (await one.coordinator()).send('endTxn', 5, {
      transactionalId,
      producerId,
      producerEpoch,
      committed: true,
    })
    expect(nameOf(late.errorCode)).toBe('PRODUCER_FENCED')
    expect(await one.abort()).toBe('NONE')
    await vi.waitFor(async () => expect(await one.read(topic, 0)).toEqual(['a']), patience)
  })

  it('is fenced by the next one of its id, and what it left open is aborted', async () => {
    const topic = await createTopic()
    const old = await producer('fenced')
    await old.produce(topic, 0, 'a')
    const next = await producer('fenced')
    expect(await old.produce(topic, 0, 'b')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await old.end(true)).toBe('PRODUCER_FENCED')
    await next.produce(topic, 0, 'c')
    await next.commit()
    await vi.waitFor(async () => expect(await next.read(topic, 0)).toEqual(['c']), patience)
  })

  it('that takes longer than it said is aborted, and hears of it', async () => {
    const topic = await createTopic()
    const slow = new TransactionalClient('slow', cluster, client)
    expect(await slow.init({ timeoutMs: 1 })).toBe('NONE')
    await slow.produce(topic, 0, 'a')
    const other = await producer()
    await other.produce(topic, 0, 'b')
    await other.commit()
    await vi.waitFor(async () => expect(await other.read(topic, 0)).toEqual(['b']), patience)
    expect(await slow.end(true)).toBe('PRODUCER_FENCED')
  })

  it('of the first protocol writes only where it said that it would', async () => {
    const topic = await createTopic()
    const one = await producer()
    const { transactionalId, producerId, producerEpoch } = one
    const leader = await one.leaderOf(topic, 0)
    const produce = async () => {
      const records = encodeBatch(
        [{ key: null, value: Buffer.from('a'), timestampMs: Date.now() }],
        { producerId, producerEpoch, baseSequence: 0, isTransactional: true },
      )
      const { responses } = await leader.send('produce', 9, {
        transactionalId,
        acks: -1,
        timeoutMs: 5_000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      })
      return nameOf(responses[0]?.partitionResponses[0]?.errorCode ?? -1)
    }
    expect(await produce()).toBe('INVALID_TXN_STATE')
    const added = await (await one.coordinator()).send('addPartitionsToTxn', 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    })
    const row = added.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]
    expect(row?.partitionErrorCode).toBe(errorCodes.NONE)
    expect(await produce()).toBe('NONE')
    // The same again is answered with the first one's offset, also once the transaction is over.
    expect(await produce()).toBe('NONE')
    const ended = await (await one.coordinator()).send('endTxn', 3, {
      transactionalId,
      producerId,
      producerEpoch,
      committed: true,
    })
    expect(nameOf(ended.errorCode)).toBe('NONE')
    await vi.waitFor(async () => expect(await one.read(topic, 0)).toEqual(['a']), patience)
    expect(await produce()).toBe('NONE')
    expect(await one.read(topic, 0)).toEqual(['a'])
  })
})

describe('a coordinator that moves in mid-commit', () => {
  async function moveCoordinator(one: TransactionalClient, index: number): Promise<number> {
    const from = await one.coordinatorId()
    const replicas = nodes.ids.toSorted((a, b) => Number(a === from) - Number(b === from))
    await client.send('alterPartitionReassignments', 0, {
      timeoutMs: 10_000,
      topics: [{ name: transactionTopic, partitions: [{ partitionIndex: index, replicas }] }],
    })
    await vi.waitFor(async () => {
      await client.send('electLeaders', 2, {
        electionType: 0,
        topicPartitions: [{ topic: transactionTopic, partitions: [index] }],
        timeoutMs: 10_000,
      })
      expect(await one.coordinatorId()).not.toBe(from)
    }, patience)
    return from
  }

  it('carries every transaction through, whole', async () => {
    const topic = await createTopic()
    const one = await producer('moving')
    const index = keyPartition('moving', 3)
    const committed: string[] = []
    for (let round = 0; round < 4; round++) {
      const value = `round-${round}`
      expect(await one.produce(topic, 0, value)).toBe('NONE')
      expect(await one.produce(topic, 1, value)).toBe('NONE')
      const moved = moveCoordinator(one, index)
      const isCommit = round % 2 === 0
      const error = await whileRetriable(
        () => one.end(isCommit).catch(() => 'NOT_COORDINATOR' as const),
        (answer) => answer,
      )
      expect(error).toBe('NONE')
      if (isCommit) committed.push(value)
      await moved
    }
    for (const partition of [0, 1]) {
      await vi.waitFor(
        async () => expect(await one.read(topic, partition)).toEqual(committed),
        patience,
      )
    }
  }, 60_000)
})

describe("a group's offsets", () => {
  it('are committed with the transaction, and unstable until then', async () => {
    const topic = await createTopic()
    const group = 'group-of-transactions'
    const one = await producer()
    expect(await one.commitOffset(group, topic, 5)).toBe('NONE')
    expect(await one.fetchOffset(group, topic)).toBe(-1)
    expect(await one.fetchOffset(group, topic, true)).toBe('UNSTABLE_OFFSET_COMMIT')
    expect(await one.commit()).toBe('NONE')
    await vi.waitFor(
      async () => expect(await one.fetchOffset(group, topic, true)).toBe(5),
      patience,
    )
    expect(await one.commitOffset(group, topic, 9)).toBe('NONE')
    expect(await one.fetchOffset(group, topic, true)).toBe('UNSTABLE_OFFSET_COMMIT')
    expect(await one.abort()).toBe('NONE')
    await vi.waitFor(
      async () => expect(await one.fetchOffset(group, topic, true)).toBe(5),
      patience,
    )
  })
})

describe('tools', () => {
  it('list and describe transactions, and tell who has one open', async () => {
    const topic = await createTopic()
    const one = await producer('shown')
    await one.produce(topic, 1, 'a')
    const coordinator = await one.coordinator()
    const listed = await coordinator.send('listTransactions', 2, {
      stateFilters: ['Ongoing', 'Nonsense'],
      producerIdFilters: [],
      durationFilter: -1,
      transactionalIdPattern: 'sh.*n',
    })
    expect(listed.unknownStateFilters).toEqual(['Nonsense'])
    expect(listed.transactionStates).toEqual([
      expect.objectContaining({ transactionalId: 'shown', transactionState: 'Ongoing' }),
    ])
    const described = await coordinator.send('describeTransactions', 0, {
      transactionalIds: ['shown', 'unknown'],
    })
    expect(described.transactionStates).toMatchObject([
      { transactionState: 'Ongoing', topics: [{ topic, partitions: [1] }] },
      {},
    ])
    const leader = await one.leaderOf(topic, 1)
    const { topics } = await leader.send('describeProducers', 0, {
      topics: [{ name: topic, partitionIndexes: [1] }],
    })
    expect(topics[0]?.partitions[0]?.activeProducers).toMatchObject([
      { producerId: one.producerId, currentTxnStartOffset: 0 },
    ])
    await one.abort()
  })
})
