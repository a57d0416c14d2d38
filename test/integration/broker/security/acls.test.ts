// Users with none, some and all rights, over real log-ins, with kafkajs and bare requests.

import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../../../support/node.ts'

const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const topic = 2
const group = 3
const read = 3
const write = 4
const allow = 3
const deny = 2
let node: TestNode

beforeAll(async () => {
  node = await startTestNode([
    'listeners=SASL_PLAINTEXT://127.0.0.1:0',
    'samsa.sasl.plain.without.tls.enable=true',
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.sasl_plaintext.plain.sasl.jaas.config=${plainModule} required ` +
      'user_admin="x" user_alice="x" user_bob="x";',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:admin',
    'connection.failed.authentication.delay.ms=10',
    'auto.create.topics.enable=true',
  ])
  const admin = as('admin').admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders' }, { topic: 'secrets' }] })
  const acl = (
    principal: string,
    resourceType: number,
    resourceName: string,
    operation: number,
  ) => ({
    principal,
    host: '*',
    operation,
    permissionType: allow,
    resourcePatternType: 3,
    resourceType,
    resourceName,
  })
  await admin.createAcls({
    acl: [
      acl('User:alice', topic, 'orders', write),
      acl('User:alice', topic, 'orders', read),
      acl('User:alice', group, 'readers', read),
      acl('User:bob', topic, 'orders', read),
      { ...acl('User:bob', topic, 'or', read), resourcePatternType: 4, permissionType: deny },
    ],
  })
  await admin.disconnect()
})

afterAll(() => node.close())

function as(username: string) {
  return new Kafka({
    brokers: [`127.0.0.1:${node.portOf('SASL_PLAINTEXT')}`],
    sasl: { mechanism: 'plain', username, password: 'x' },
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  })
}

async function tries(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
    return 'done'
  } catch (error) {
    return (error as { type?: string; message: string }).type ?? (error as Error).message
  }
}

function sends(user: string, name: string) {
  return tries(async () => {
    const producer = as(user).producer()
    await producer.connect()
    try {
      await producer.send({ topic: name, messages: [{ value: 'v' }] })
    } finally {
      await producer.disconnect()
    }
  })
}

async function consumes(user: string, groupId: string): Promise<string> {
  const consumer = as(user).consumer({ groupId })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    return await new Promise((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) =>
        resolve((payload.error as Error & { type?: string }).type ?? payload.error.message),
      )
      consumer.run({ eachMessage: async () => resolve('done') }).catch(reject)
    })
  } catch (error) {
    return (error as { type?: string }).type ?? (error as Error).message
  } finally {
    await consumer.disconnect()
  }
}

describe('ACLs', () => {
  it('let a user do what they are allowed, and no more', async () => {
    expect(await sends('alice', 'orders')).toBe('done')
    expect(await sends('alice', 'secrets')).toMatch(/[Tt]opic authorization failed|TOPIC_AUTH/)
    expect(await sends('alice', 'brand-new')).toMatch(/[Tt]opic authorization failed|TOPIC_AUTH/)
    expect(await consumes('alice', 'readers')).toBe('done')
    expect(await consumes('alice', 'others')).toMatch(/group/i)
    expect(await sends('bob', 'orders')).toMatch(/[Tt]opic authorization failed|TOPIC_AUTH/)
    expect(await sends('admin', 'secrets')).toBe('done')
  })

  it('show a user only what they may see', async () => {
    const seen = async (user: string) => {
      const admin = as(user).admin()
      await admin.connect()
      const topics = await admin.listTopics()
      await admin.disconnect()
      return topics.filter((name) => !name.startsWith('__'))
    }
    expect(await seen('alice')).toEqual(['orders'])
    // Denied to read, which does not say that it may not be seen.
    expect(await seen('bob')).toEqual(['orders'])
    expect((await seen('admin')).toSorted()).toEqual(['orders', 'secrets'])
  })

  it('keep everything of the cluster from others than its administrators', async () => {
    const admin = as('alice').admin()
    await admin.connect()
    const refused = await Promise.all([
      tries(() => admin.createTopics({ topics: [{ topic: 'mine' }] })),
      tries(() => admin.deleteTopics({ topics: ['orders'] })),
      tries(() => admin.describeAcls(any)),
      tries(() => admin.deleteAcls({ filters: [any] })),
      tries(() => admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 9 }] })),
    ])
    await admin.disconnect()
    expect(refused.every((answer) => answer !== 'done')).toBe(true)
  })

  it('go as they came', async () => {
    const admin = as('admin').admin()
    await admin.connect()
    const { resources } = await admin.describeAcls({
      ...any,
      resourceName: 'orders',
      resourceType: topic,
    })
    expect(resources.flatMap(({ acls }) => acls)).toHaveLength(3)
    const { filterResponses } = await admin.deleteAcls({
      filters: [{ ...any, principal: 'User:alice' }],
    })
    expect(filterResponses[0]?.matchingAcls).toHaveLength(3)
    await admin.disconnect()
    expect(await sends('alice', 'orders')).toMatch(/[Tt]opic authorization failed|TOPIC_AUTH/)
  })
})

const any = {
  resourceType: 1,
  resourcePatternType: 1,
  operation: 1,
  permissionType: 1,
}
