// The operator's view of a cluster, asked of a real node: what it tells, what it changes, and what
// it says when nobody is there.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AdminError } from '../../../../operator/cluster/admin.ts'
import { KafkaAdmin } from '../../../../operator/cluster/kafka-admin.ts'
import { keepTopic } from '../../../../operator/cluster/keep-topic.ts'
import { freePort } from '../../../support/conformance/ports.ts'
import { startTestNode, type TestNode } from '../../../support/node.ts'

const { signal } = new AbortController()
let node: TestNode
let admin: KafkaAdmin

beforeAll(async () => {
  // A port of its own, so that it is where it was after a restart.
  node = await startTestNode([`listeners=PLAINTEXT://127.0.0.1:${await freePort()}`])
  admin = new KafkaAdmin({ bootstrap: `127.0.0.1:${node.port}`, timeoutMs: 10_000 })
}, 30_000)

afterEach(async () => {
  for (const name of ['t', 'u']) await admin.deleteTopic(name, signal)
})

afterAll(async () => {
  admin.close()
  await node.close()
})

const newTopic = (name: string, config: Record<string, string> = {}) =>
  admin.createTopic({ name, partitions: 2, replicas: 1, config }, signal)

describe('a cluster', () => {
  it('is told with its broker, its quorum, and what its partitions need in sync', async () => {
    await newTopic('t', { 'min.insync.replicas': '2' })
    await newTopic('u')
    const facts = await admin.describe(signal)
    expect(facts.clusterId).toMatch(/^[\w-]{22}$/)
    expect(facts.brokers).toEqual([{ id: 1, isFenced: false, rack: null }])
    expect(facts.quorum).toMatchObject({ voters: [1], leaderId: 1, caughtUp: [1] })
    expect(facts.quorum.voterDirectories.get(1)).toMatch(/^[\w-]{22}$/)
    expect(facts.reassigning).toBe(0)
    const here = { replicas: [1], isr: [1], leader: 1 }
    expect(facts.partitions).toEqual([
      { topic: 't', index: 0, ...here, minInsyncReplicas: 2 },
      { topic: 't', index: 1, ...here, minInsyncReplicas: 2 },
      { topic: 'u', index: 0, ...here, minInsyncReplicas: 1 },
      { topic: 'u', index: 1, ...here, minInsyncReplicas: 1 },
    ])
  })

  it('has what was just changed by the operator in the next look', async () => {
    await newTopic('t')
    await admin.describe(signal)
    await admin.setTopicConfig('t', { 'min.insync.replicas': '3' }, signal)
    const { partitions } = await admin.describe(signal)
    expect(partitions.map(({ minInsyncReplicas }) => minInsyncReplicas)).toEqual([3, 3])
  })

  it('takes defaults for all brokers, and gives them up', async () => {
    const changes = { 'log.retention.ms': '1000', 'message.max.bytes': '2000000' }
    await admin.setBrokerDefaults(changes, signal)
    expect(await admin.brokerDefaults(signal)).toEqual(changes)
    await admin.setBrokerDefaults({ 'log.retention.ms': null, 'message.max.bytes': null }, signal)
    expect(await admin.brokerDefaults(signal)).toEqual({})
  })
})

describe('a topic', () => {
  it('is made, grown and configured as wanted, and then left alone', async () => {
    const wanted = { name: 't', partitions: 3, replicas: 1, config: { 'retention.ms': 60_000 } }
    expect(await admin.topic('t', signal)).toBeNull()
    await keepTopic(admin, wanted, signal)
    const more = { ...wanted, partitions: 5, config: { 'retention.bytes': 1_000_000 } }
    const { facts, problem } = await keepTopic(admin, more, signal)
    expect(problem).toBeNull()
    expect(facts?.partitions).toEqual(Array.from({ length: 5 }, () => ({ replicas: [1] })))
    const kept = await admin.topic('t', signal)
    expect(kept?.config).toEqual({ 'retention.bytes': '1000000' })
    expect(kept?.topicId).toMatch(/^[\w-]{22}$/)
  })

  it('that is there already, or gone already, is no error', async () => {
    await newTopic('t')
    await newTopic('t')
    await admin.deleteTopic('t', signal)
    await admin.deleteTopic('t', signal)
    expect(await admin.topic('t', signal)).toBeNull()
  })

  it('that cannot be is refused by the word of Kafka', async () => {
    const refused = admin.createTopic({ name: 't', partitions: 1, replicas: 3, config: {} }, signal)
    await expect(refused).rejects.toMatchObject({
      name: 'AdminError',
      code: 'INVALID_REPLICATION_FACTOR',
    })
  })

  it('keeps its limits of a reassignment out of what people have set', async () => {
    await newTopic('t')
    const moves = [{ topic: 't', partition: 0, replicas: [1] }]
    await admin.reassign(moves, 1_000_000, signal)
    expect((await admin.topic('t', signal))?.config).toEqual({})
    expect(await admin.brokerDefaults(signal)).toEqual({})
    await admin.removeThrottles(signal)
    expect((await admin.describe(signal)).reassigning).toBe(0)
  })
})

describe('a connection', () => {
  it('that broke is opened anew', async () => {
    await admin.describe(signal)
    await node.restart()
    expect((await admin.describe(signal)).quorum.voters).toEqual([1])
  }, 30_000)

  it('to nobody ends as unreachable', async () => {
    const nobody = new KafkaAdmin({
      bootstrap: `127.0.0.1:${await freePort()}`,
      timeoutMs: 1_000,
    })
    const error = await nobody.describe(signal).catch((e: AdminError) => e)
    expect(error).toMatchObject({ name: 'AdminError', code: 'UNREACHABLE' })
    nobody.close()
  })

  it('is not waited for by who gave up', async () => {
    const stopped = AbortSignal.abort(new Error('no more'))
    await expect(admin.describe(stopped)).rejects.toThrow('no more')
  })
})
