// Topics and partitions made and removed, beyond the recorded answers.

import type { MetadataImage } from '@samsa/controller/image'
import { createPartitions } from '@samsa/controller/partitions'
import type { NewTopic } from '@samsa/controller/requests'
import { createTopics, deleteTopics } from '@samsa/controller/topics'
import { describe, expect, it } from 'vitest'
import {
  applied,
  decideContext,
  imageWith,
  newTopic,
} from '../../support/controller/controllers.ts'

const context = decideContext({ numPartitionsDefault: 3, replicationFactorDefault: 2 })
const twoBrokers = imageWith([{ id: 1 }, { id: 2 }])

function create(image: MetadataImage, topics: readonly NewTopic[], validateOnly = false) {
  const decision = createTopics(image, { topics, validateOnly }, context)
  return { ...decision, image: applied(image, decision.records) }
}

describe('CreateTopics', () => {
  it('takes the defaults for -1', () => {
    const topic = newTopic('t', { numPartitions: -1, replicationFactor: -1 })
    const { image, response } = create(twoBrokers, [topic])
    expect(response).toMatchObject([{ numPartitions: 3, replicationFactor: 2, error: 'NONE' }])
    expect(image.topicsByName.get('t')?.partitions.map(({ replicas }) => replicas)).toEqual([
      [1, 2],
      [2, 1],
      [1, 2],
    ])
  })

  it('starts a partition in sync, in epoch 0, led by its first replica that is alive', () => {
    const image = imageWith([{ id: 1, fenced: true }, { id: 2 }, { id: 3 }])
    const topic = newTopic('t', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 3, 2] }],
    })
    expect(create(image, [topic]).image.topicsByName.get('t')?.partitions).toEqual([
      {
        index: 0,
        replicas: [1, 3, 2],
        isr: [3, 2],
        leader: 3,
        leaderEpoch: 0,
        partitionEpoch: 0,
        addingReplicas: [],
        removingReplicas: [],
        directories: Array.from({ length: 3 }, () => 'AAAAAAAAAAAAAAAAAAAAAA'),
        elr: [],
        lastKnownElr: [],
        recovering: false,
      },
    ])
  })

  it('refuses an assignment of fenced brokers only', () => {
    const image = imageWith([{ id: 1, fenced: true }, { id: 2 }])
    const topic = newTopic('t', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    })
    expect(create(image, [topic]).response).toMatchObject([
      { error: 'INVALID_REPLICA_ASSIGNMENT', message: expect.stringContaining('are fenced') },
    ])
  })

  it('makes what it can of a request, each topic for itself', () => {
    const topics = [
      newTopic('good'),
      newTopic('bad name'),
      newTopic('bad-config', { configs: [{ name: 'bad', value: '1' }] }),
      newTopic('too-wide', { replicationFactor: 3 }),
    ]
    const { image, response } = create(twoBrokers, topics)
    expect(response.map(({ error }) => error)).toEqual([
      'NONE',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_CONFIG',
      'INVALID_REPLICATION_FACTOR',
    ])
    expect([...image.topicsByName.keys()]).toEqual(['good'])
  })

  it('refuses names that collide, with topics that are there and within the request', () => {
    const { image } = create(twoBrokers, [newTopic('a.b'), newTopic('x')])
    expect(create(image, [newTopic('a_b')]).response[0]?.message).toBe(
      "Topic 'a_b' collides with existing topic: a.b",
    )
    const both = create(image, [newTopic('c.d'), newTopic('c_d')])
    expect(both.response.map(({ error }) => error)).toEqual(['NONE', 'INVALID_TOPIC_EXCEPTION'])
    const removal = deleteTopics(image, { topics: [{ name: 'a.b', topicId: null }] })
    const without = applied(image, removal.records)
    expect(create(without, [newTopic('a_b')]).response[0]?.error).toBe('NONE')
  })

  it('has a bound on the partitions of one request, over all its topics', () => {
    const half = { numPartitions: 5_000 }
    const { response, records } = create(twoBrokers, [newTopic('a', half), newTopic('b', half)])
    expect(response.map(({ error }) => error)).toEqual(['NONE', 'POLICY_VIOLATION'])
    expect(records).toHaveLength(5_001)
    const monster = newTopic('c', { numPartitions: 2_147_483_647 })
    expect(create(twoBrokers, [monster]).response[0]?.error).toBe('POLICY_VIOLATION')
  })

  it('makes nothing when it only validates', () => {
    const { records, response } = create(twoBrokers, [newTopic('t')], true)
    expect(records).toEqual([])
    expect(response).toMatchObject([{ error: 'NONE', numPartitions: 1 }])
  })
})

describe('DeleteTopics', () => {
  it('removes the topic with its configs, and frees its name', () => {
    const configs = [{ name: 'retention.ms', value: '5' }]
    const { image } = create(twoBrokers, [newTopic('t', { configs })])
    expect(image.configs.size).toBe(1)
    const { records } = deleteTopics(image, { topics: [{ name: 't', topicId: null }] })
    const without = applied(image, records)
    expect([without.topicsByName.size, without.topicsById.size, without.configs.size]).toEqual([
      0, 0, 0,
    ])
    const again = create(without, [newTopic('t')]).image
    expect(again.topicsByName.get('t')?.id).not.toBe(image.topicsByName.get('t')?.id)
    expect(again.configs.size).toBe(0)
  })
})

describe('CreatePartitions', () => {
  it('adds partitions behind those there are, with as many replicas', () => {
    const { image } = create(twoBrokers, [
      newTopic('t', { numPartitions: 2, replicationFactor: 2 }),
    ])
    const topics = [{ name: 't', count: 4, assignments: null }]
    const { records } = createPartitions(image, { topics, validateOnly: false }, context)
    const partitions = applied(image, records).topicsByName.get('t')?.partitions ?? []
    expect(partitions.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(partitions.every(({ replicas }) => replicas.length === 2)).toBe(true)
    expect(partitions.slice(0, 2)).toEqual(image.topicsByName.get('t')?.partitions)
  })

  it('has a bound on the partitions of one request', () => {
    const { image } = create(twoBrokers, [newTopic('t')])
    const topics = [{ name: 't', count: 2_000_000_000, assignments: null }]
    const { response } = createPartitions(image, { topics, validateOnly: false }, context)
    expect(response[0]?.error).toBe('POLICY_VIOLATION')
  })
})
