// Metadata beyond the recorded answers: auto-creation, and brokers that are not all there.

import type { BrokerImage, MetadataImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../../../support/admin/local-node.ts'

let node: LocalNode
afterEach(() => node.close())

interface Answer {
  brokers: { nodeId: number }[]
  topics: {
    name: string | null
    errorCode: number
    partitions: { errorCode: number; replicaNodes: number[] }[]
  }[]
}

function ask(version: number, topics: unknown, autoCreate = false): Promise<Answer> {
  const allowAutoTopicCreation = version < 4 || autoCreate
  return node.ask('metadata', version, { topics, allowAutoTopicCreation }) as Promise<Answer>
}

async function createTopic(name: string): Promise<void> {
  const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await node.controller.createTopics({ topics, validateOnly: false })
}

/**
 * The node's image with one more broker that is a replica of everything, fenced or without the
 * listener.
 */
function withSecondBroker(changes: Partial<BrokerImage>) {
  return (): MetadataImage => {
    const image = node.controller.image()
    const first = image.brokers.get(1)
    if (first === undefined) throw new Error('no broker')
    const brokers = new Map([
      [1, first],
      [2, { ...first, id: 2, ...changes }],
    ])
    const topicsByName = new Map(
      [...image.topicsByName].map(([name, topic]) => [
        name,
        {
          ...topic,
          partitions: topic.partitions.map((partition) => ({
            ...partition,
            replicas: [2, 1],
            isr: [2, 1],
            leader: 2,
          })),
        },
      ]),
    )
    return { ...image, brokers, topicsByName }
  }
}

describe('Metadata', () => {
  it('creates a topic only if the request and the broker allow it', async () => {
    node = await startLocalNode()
    await ask(12, [{ name: 'not-allowed' }], false)
    expect(node.controller.image().topicsByName.size).toBe(0)
    await ask(12, [{ name: 'allowed' }], true)
    expect([...node.controller.image().topicsByName.keys()]).toEqual(['allowed'])
    await node.close()

    node = await startLocalNode({ overrides: ['auto.create.topics.enable=false'] })
    const { topics } = await ask(12, [{ name: 'refused' }], true)
    expect(topics[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    expect(node.controller.image().topicsByName.size).toBe(0)
  })

  it('gives internal topics that it makes their own settings', async () => {
    node = await startLocalNode({ overrides: ['offsets.topic.num.partitions=7'] })
    await ask(12, [{ name: '__consumer_offsets' }], true)
    const image = node.controller.image()
    expect(image.topicsByName.get('__consumer_offsets')?.partitions).toHaveLength(7)
    expect(image.configs.get('topic:__consumer_offsets')?.get('cleanup.policy')).toBe('compact')
  })

  it('answers many for the same missing topic with one topic made', async () => {
    node = await startLocalNode()
    const asked = Array.from({ length: 20 }, () => ask(12, [{ name: 'wanted' }], true))
    await Promise.all(asked)
    expect([...node.controller.image().topicsByName.keys()]).toEqual(['wanted'])
  })

  it('of version 0 leaves replicas that are gone out, and says so', async () => {
    node = await startLocalNode({
      services: { metadata: () => withSecondBroker({ fenced: true })() },
    })
    await createTopic('t')
    const first = await ask(0, [{ name: 't' }])
    expect(first.topics[0]?.partitions[0]).toMatchObject({ replicaNodes: [1] })
    const later = await ask(1, [{ name: 't' }])
    expect(later.topics[0]?.partitions[0]).toMatchObject({ replicaNodes: [2, 1] })
    expect(later.brokers).toMatchObject([{ nodeId: 1 }])
  })

  it('before version 6 takes a leader without the listener for none', async () => {
    node = await startLocalNode({
      services: { metadata: () => withSecondBroker({ endpoints: [] })() },
    })
    await createTopic('t')
    const errorOf = async (version: number) =>
      (await ask(version, [{ name: 't' }])).topics[0]?.partitions[0]?.errorCode
    expect(await errorOf(5)).toBe(errorCodes.LEADER_NOT_AVAILABLE)
    expect(await errorOf(6)).toBe(errorCodes.LISTENER_NOT_FOUND)
  })

  it('refuses a topic that is named by neither name nor id', async () => {
    node = await startLocalNode()
    const { topics } = await ask(12, [{ name: null }])
    expect(topics).toMatchObject([{ name: '', errorCode: errorCodes.INVALID_REQUEST }])
    expect((await ask(11, [{ name: null }])).topics).toMatchObject([
      { errorCode: errorCodes.INVALID_REQUEST },
    ])
  })
})
