// kafkajs, which speaks the oldest encodings: admin, groups, and the producer with and without
// idempotence.

import kafkajs, { type Admin, type Consumer, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { createTopic, kafkaJs, readWithKafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, CompressionTypes } = kafkajs
const { ConfigResourceTypes, ResourcePatternTypes } = kafkajs

conformanceSuite('kafkajs', [], () => {
  let cluster: Cluster
  let kafka: Kafka
  let admin: Admin

  beforeAll(async () => {
    cluster = await startCluster()
    kafka = kafkaJs(cluster.bootstrap)
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(async () => {
    await admin?.disconnect()
    await cluster?.close()
  })

  /** Produces values to partition 0 and returns the base offset. */
  async function produce(topic: string, values: string[]): Promise<string | undefined> {
    const producer = kafka.producer()
    await producer.connect()
    const messages = values.map((value) => ({ value, partition: 0 }))
    const [written] = await producer.send({ topic, messages })
    await producer.disconnect()
    return written?.baseOffset
  }

  describe('admin', () => {
    it('creates topics and describes them', async () => {
      const topics = [{ topic: 'made', numPartitions: 3, replicationFactor: -1 }]
      expect(await admin.createTopics({ topics, waitForLeaders: true })).toBe(true)
      expect(await admin.createTopics({ topics })).toBe(false)
      const metadata = await admin.fetchTopicMetadata({ topics: ['made'] })
      const partitions = metadata.topics[0]?.partitions ?? []
      expect(new Set(partitions.map(({ partitionId }) => partitionId))).toEqual(new Set([0, 1, 2]))
      const ids = cluster.nodes.map(({ id }) => id)
      for (const { leader, replicas, isr } of partitions) {
        expect([replicas.toSorted((a, b) => a - b), isr.toSorted((a, b) => a - b)]).toEqual([
          ids,
          ids,
        ])
        expect(leader).toBe(replicas[0])
      }
      expect(await admin.listTopics()).toContain('made')
    })

    it('validates a topic without creating it', async () => {
      const topics = [{ topic: 'only-checked' }]
      await admin.createTopics({ topics, validateOnly: true, waitForLeaders: false })
      expect(await admin.listTopics()).not.toContain('only-checked')
    })

    it('adds partitions and deletes topics', async () => {
      await createTopic(cluster.bootstrap, 'changing', 1)
      await admin.createPartitions({ topicPartitions: [{ topic: 'changing', count: 4 }] })
      const metadata = await admin.fetchTopicMetadata({ topics: ['changing'] })
      expect(metadata.topics[0]?.partitions).toHaveLength(4)
      await admin.deleteTopics({ topics: ['changing'] })
      expect(await admin.listTopics()).not.toContain('changing')
    })

    it('describes the cluster', async () => {
      const { brokers, controller, clusterId } = await admin.describeCluster()
      const nodes = cluster.nodes.map(({ id, host, port }) => ({ nodeId: id, host, port }))
      expect(brokers.sort((a, b) => a.nodeId - b.nodeId)).toEqual(nodes)
      expect(nodes.map(({ nodeId }) => nodeId)).toContain(controller)
      expect(clusterId).toMatch(/^[\w-]{22}$/)
    })

    it('describes and alters configs', async () => {
      await createTopic(cluster.bootstrap, 'configured', 1, { 'retention.ms': '5000' })
      const resource = { type: ConfigResourceTypes.TOPIC, name: 'configured' }
      const describeRetention = async () => {
        const described = await admin.describeConfigs({
          resources: [{ ...resource, configNames: ['retention.ms'] }],
          includeSynonyms: false,
        })
        return described.resources[0]?.configEntries.map(({ configValue }) => configValue)
      }
      expect(await describeRetention()).toEqual(['5000'])
      const configEntries = [{ name: 'retention.ms', value: '7000' }]
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ ...resource, configEntries }],
      })
      // Another broker may answer, and hear of it a moment later.
      await expect.poll(describeRetention, { timeout: 10_000 }).toEqual(['7000'])
    })

    it('finds offsets by time and at the ends, and deletes records', async () => {
      await createTopic(cluster.bootstrap, 'timed', 1)
      await produce('timed', ['a', 'b', 'c', 'd'])
      expect(await admin.fetchTopicOffsets('timed')).toEqual([
        { partition: 0, offset: '4', high: '4', low: '0' },
      ])
      expect(await admin.fetchTopicOffsetsByTimestamp('timed', 0)).toEqual([
        { partition: 0, offset: '0' },
      ])
      const partitions = [{ partition: 0, offset: '3' }]
      await admin.deleteTopicRecords({ topic: 'timed', partitions })
      const [ends] = await admin.fetchTopicOffsets('timed')
      expect(ends).toMatchObject({ low: '3', high: '4' })
    })

    it('sets, resets, fetches and deletes the offsets of a group', async () => {
      await createTopic(cluster.bootstrap, 'offsets', 2)
      await produce('offsets', ['a', 'b', 'c'])
      const groupId = 'set-by-admin'
      const fetch = async () => {
        const [fetched] = await admin.fetchOffsets({ groupId, topics: ['offsets'] })
        const offsets = fetched?.partitions ?? []
        return [0, 1].map((index) => [
          index,
          offsets.find(({ partition }) => partition === index)?.offset,
        ])
      }
      const set = [{ partition: 0, offset: '2' }]
      await admin.setOffsets({ groupId, topic: 'offsets', partitions: set })
      // The second partition was never committed, which reads as -1.
      expect(await fetch()).toEqual([
        [0, '2'],
        [1, '-1'],
      ])
      await admin.resetOffsets({ groupId, topic: 'offsets', earliest: true })
      // kafkajs commits the special offset for the beginning, and resolves it when it consumes.
      expect((await fetch())?.[0]).toEqual([0, '-2'])
      await admin.deleteGroups([groupId])
      expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
    })

    it('tells ACLs or that it serves none, and never anything else', async () => {
      const asked = admin.describeAcls({
        resourceType: AclResourceTypes.TOPIC,
        resourceName: 'x',
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: 'User:x',
        host: '*',
        operation: AclOperationTypes.READ,
        permissionType: AclPermissionTypes.ALLOW,
      })
      await expect(asked).rejects.toThrow(/Security features are disabled|not support/i)
    })
  })

  describe('producer', () => {
    it.each([
      ['none', CompressionTypes.None],
      ['gzip', CompressionTypes.GZIP],
      ['snappy', CompressionTypes.Snappy],
      ['lz4', CompressionTypes.LZ4],
      ['zstd', CompressionTypes.ZSTD],
    ])('writes batches with %s that are read back', async (name, compression) => {
      const topic = `produced-${name}`
      await createTopic(cluster.bootstrap, topic, 1)
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      const keys = Array.from({ length: 500 }, (_, n) => `key${n}`)
      for (let start = 0; start < keys.length; start += 100) {
        const messages = keys.slice(start, start + 100).map((key) => ({ key, value: `v-${key}` }))
        const [written] = await producer.send({ topic, messages, acks: -1, compression })
        expect(written).toMatchObject({ errorCode: 0, baseOffset: String(start) })
      }
      await producer.disconnect()
      const read = await readWithKafkaJs(cluster.bootstrap, topic, keys.length)
      expect(read.map(({ offset, key, value }) => `${offset} ${key} ${value.toString()}`)).toEqual(
        keys.map((key, offset) => `${offset} ${key} v-${key}`),
      )
    })

    it.each([-1, 1, 0])('delivers with acks=%i', async (acks) => {
      const topic = `acks${acks}`
      await createTopic(cluster.bootstrap, topic, 1)
      const producer = kafka.producer()
      await producer.connect()
      for (let n = 0; n < 10; n++)
        await producer.send({ topic, acks, messages: [{ value: `${n}` }] })
      await producer.disconnect()
      await waitFor(async () => (await admin.fetchTopicOffsets(topic))[0]?.high === '10', {
        what: 'ten records',
        timeoutMs: 10_000,
      })
    })

    it('keeps headers, keys, tombstones and timestamps', async () => {
      await createTopic(cluster.bootstrap, 'detailed', 1)
      const producer = kafka.producer()
      await producer.connect()
      const timestamp = '1700000000123'
      const headers = { one: 'a', many: ['b', 'c'] }
      const messages = [
        { key: 'k', value: 'v', headers, timestamp },
        { key: 'gone', value: null, timestamp },
        { key: null, value: Buffer.from([0, 255, 1]), timestamp },
      ]
      await producer.send({ topic: 'detailed', messages })
      await producer.disconnect()
      const consumer = kafka.consumer({ groupId: 'detailed-readers' })
      const read: unknown[] = []
      await consumer.connect()
      await consumer.subscribe({ topics: ['detailed'], fromBeginning: true })
      await consumer.run({
        eachMessage: ({ message }) => {
          const { key, value, headers, timestamp } = message
          read.push([key?.toString() ?? null, value, Object.keys(headers ?? {}), timestamp])
          return Promise.resolve()
        },
      })
      await waitFor(() => read.length >= 3, { what: 'three records', timeoutMs: 30_000 })
      await consumer.disconnect()
      expect(read).toEqual([
        ['k', Buffer.from('v'), ['one', 'many'], timestamp],
        ['gone', null, [], timestamp],
        [null, Buffer.from([0, 255, 1]), [], timestamp],
      ])
    })

    it('is refused a record larger than the topic takes', async () => {
      await createTopic(cluster.bootstrap, 'small', 1, { 'max.message.bytes': '1000' })
      const producer = kafkaJs(cluster.bootstrap).producer({ retry: { retries: 0 } })
      await producer.connect()
      const messages = [{ value: 'x'.repeat(2_000) }]
      await expect(producer.send({ topic: 'small', messages })).rejects.toThrow(/too large|larger/i)
      await producer.disconnect()
    })

    it('creates the topic it writes to', async () => {
      expect(await produce('made-on-the-way', ['first'])).toBe('0')
      expect(await admin.listTopics()).toContain('made-on-the-way')
    })
  })

  describe('consumer groups', () => {
    const topic = 'shared'

    beforeAll(() => createTopic(cluster.bootstrap, topic, 4))

    /** A member that counts what it reads and knows the partitions it was given. */
    async function member(groupId: string, seen: Map<string, number>) {
      const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, heartbeatInterval: 500 })
      const state = { consumer, partitions: [] as number[] }
      consumer.on('consumer.group_join', ({ payload }) => {
        state.partitions = payload.memberAssignment[topic] ?? []
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommitThreshold: 1,
        eachMessage: ({ partition, message }) => {
          const id = `${partition}@${message.offset}`
          seen.set(id, (seen.get(id) ?? 0) + 1)
          return Promise.resolve()
        },
      })
      return state
    }

    async function produceToAll(count: number): Promise<void> {
      const producer = kafka.producer()
      await producer.connect()
      for (const partition of [0, 1, 2, 3]) {
        const messages = Array.from({ length: count }, (_, n) => ({ partition, value: `${n}` }))
        await producer.send({ topic, messages })
      }
      await producer.disconnect()
    }

    it('shares the partitions among members, and again when one leaves', async () => {
      const seen = new Map<string, number>()
      const first = await member('sharing', seen)
      const second = await member('sharing', seen)
      await waitFor(() => first.partitions.length === 2 && second.partitions.length === 2, {
        what: 'two partitions for each member',
        timeoutMs: 60_000,
      })
      const both = [...first.partitions, ...second.partitions].sort((a, b) => a - b)
      expect(both).toEqual([0, 1, 2, 3])
      await produceToAll(50)
      await waitFor(() => seen.size === 200, { what: 'all records', timeoutMs: 30_000 })
      await second.consumer.disconnect()
      await waitFor(() => first.partitions.length === 4, {
        what: 'all partitions for the member that stays',
        timeoutMs: 60_000,
      })
      await produceToAll(50)
      await waitFor(() => seen.size === 400, { what: 'the later records', timeoutMs: 30_000 })
      await first.consumer.disconnect()
      expect([...seen.values()].every((times) => times === 1)).toBe(true)

      const [fetched] = await admin.fetchOffsets({ groupId: 'sharing', topics: [topic] })
      expect(fetched?.partitions.map(({ offset }) => offset)).toEqual(['100', '100', '100', '100'])
    })

    it('goes on where the group had committed', async () => {
      const seen = new Map<string, number>()
      const again = await member('sharing', seen)
      await waitFor(() => again.partitions.length === 4, { what: 'a join', timeoutMs: 60_000 })
      await produceToAll(1)
      await waitFor(() => seen.size >= 4, { what: 'the new records', timeoutMs: 30_000 })
      await again.consumer.disconnect()
      expect([...seen.keys()].sort()).toEqual(['0@100', '1@100', '2@100', '3@100'])
    })

    it('describes the group with its member and refuses to delete it while it lives', async () => {
      const live = await member('described', new Map())
      await waitFor(() => live.partitions.length === 4, { what: 'a join', timeoutMs: 60_000 })
      const { groups } = await admin.describeGroups(['described'])
      expect(groups[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer' })
      expect(groups[0]?.members).toHaveLength(1)
      await expect(admin.deleteGroups(['described'])).rejects.toThrow()
      await live.consumer.disconnect()
      const emptied = await admin.describeGroups(['described'])
      expect(emptied.groups[0]).toMatchObject({ state: 'Empty', members: [] })
      expect(await admin.deleteGroups(['described'])).toMatchObject([{ errorCode: 0 }])
    })

    it('hands over the partitions of a member that dies without a word', async () => {
      const seen = new Map<string, number>()
      const dying = kafka.consumer({ groupId: 'orphaned', sessionTimeout: 6_000 })
      await joinAndGoSilent(dying, topic)
      const heir = await member('orphaned', seen)
      await waitFor(() => heir.partitions.length === 4, {
        what: 'the session of the silent member to end',
        timeoutMs: 60_000,
      })
      await heir.consumer.disconnect()
      await dying.disconnect()
    })
  })
})

/**
 * Joins a group and then neither polls nor sends a heartbeat: its first record is never finished
 * with.
 */
async function joinAndGoSilent(consumer: Consumer, topic: string): Promise<void> {
  const joined = Promise.withResolvers<undefined>()
  consumer.on('consumer.group_join', () => joined.resolve(undefined))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: () => new Promise((resolve) => setTimeout(resolve, 12_000)),
  })
  await joined.promise
}
