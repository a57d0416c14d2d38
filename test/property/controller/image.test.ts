// Random lives of a cluster: whatever is asked of it, in whatever order, its records make the same
// image on every node, a snapshot is the image, and a delta tells all that changed.

import {
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from '@samsa/controller/cluster'
import { alterConfigs, incrementalAlterConfigs } from '@samsa/controller/configs'
import { type Decision, Refusal } from '@samsa/controller/decision'
import { ControllerError } from '@samsa/controller/errors'
import { bootstrapRecords } from '@samsa/controller/features'
import type { MetadataImage } from '@samsa/controller/image'
import { diffImages } from '@samsa/controller/image/delta'
import { emptyImage, MetadataDraft } from '@samsa/controller/image/draft'
import { encodedSnapshot, imageOfSnapshot } from '@samsa/controller/image/snapshot'
import { createPartitions } from '@samsa/controller/partitions'
import { allocateProducerIds } from '@samsa/controller/producer-ids'
import { decodeRecord, encodeRecord, type NewRecord } from '@samsa/controller/records/record'
import { replay } from '@samsa/controller/replay'
import type { BrokerRegistration } from '@samsa/controller/requests'
import { createTopics, deleteTopics } from '@samsa/controller/topics'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideContext, newTopic, registration } from '../../support/controller/controllers.ts'
import { plainImage } from '../../support/controller/plain-image.ts'

const context = decideContext()
const registeredAs = (options: Partial<BrokerRegistration>) =>
  registration({ clusterId: 'cluster-1', ...options })
const brokerIds = fc.integer({ min: 0, max: 4 })
const names = fc.constantFrom('a', 'b', 'a.b', 'a_b', 'c.d', '__consumer_offsets')
const configNames = fc.constantFrom('retention.ms', 'flush.ms', 'bad')

type Request = (image: MetadataImage) => Decision<unknown>

function epochOf(image: MetadataImage, id: number): number {
  return image.brokers.get(id)?.epoch ?? -1
}

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc
    .record({
      id: brokerIds,
      incarnation: fc.integer({ min: 0, max: 2 }),
      rack: fc.constantFrom(null, 'east', 'west'),
      fenced: fc.boolean(),
      dirs: fc.integer({ min: 1, max: 2 }),
    })
    .map(({ id, incarnation, rack, fenced, dirs }): Request => {
      const logDirs = Array.from({ length: dirs }, (_, dir) => `directory-of-${id}-${dir}-0000A`)
      const incarnationId = `incarnation-${incarnation}-00000A`.slice(0, 22).padEnd(22, 'A')
      const given = { brokerId: id, incarnationId, rack, fenced }
      return (image) =>
        registerBroker(
          image,
          registeredAs({ ...given, logDirs: logDirs.map((dir) => dir.padEnd(22, 'A')) }),
          context,
        )
    }),
  brokerIds.map(
    (id): Request =>
      (image) =>
        fenceBroker(image, { brokerId: id, epoch: epochOf(image, id) }, context),
  ),
  brokerIds.map(
    (id): Request =>
      (image) =>
        unfenceBroker(image, { brokerId: id, epoch: epochOf(image, id) }, context),
  ),
  brokerIds.map(
    (id): Request =>
      (image) =>
        unregisterBroker(image, id, context),
  ),
  brokerIds.map(
    (id): Request =>
      (image) =>
        allocateProducerIds(image, id, epochOf(image, id)),
  ),
  fc
    .record({
      name: names,
      numPartitions: fc.constantFrom(-1, 0, 1, 2, 4),
      replicationFactor: fc.constantFrom(-1, 0, 1, 1, 2, 3),
      config: fc.option(configNames, { nil: undefined, freq: 2 }),
    })
    .map(({ name, config, ...counts }): Request => {
      const configs = config === undefined ? [] : [{ name: config, value: '1' }]
      const topics = [newTopic(name, { ...counts, configs })]
      return (image) => createTopics(image, { topics, validateOnly: false }, context)
    }),
  names.map(
    (name): Request =>
      (image) =>
        deleteTopics(image, { topics: [{ name, topicId: null }] }),
  ),
  fc
    .record({ name: names, count: fc.integer({ min: 0, max: 8 }) })
    .map(({ name, count }): Request => {
      const topics = [{ name, count, assignments: null }]
      return (image) => createPartitions(image, { topics, validateOnly: false }, context)
    }),
  fc
    .record({
      name: names,
      key: configNames,
      operation: fc.constantFrom('set' as const, 'delete' as const),
    })
    .map(({ name, key, operation }): Request => {
      const changes = [{ name: key, operation, value: operation === 'set' ? '2' : null }]
      const resources = [{ type: 'topic' as const, name, changes }]
      return (image) => incrementalAlterConfigs(image, { resources, validateOnly: false }, context)
    }),
  brokerIds.map((id): Request => {
    const configs = id === 0 ? [] : [{ name: 'log.retention.ms', value: String(id) }]
    const resources = [{ type: 'broker' as const, name: '', configs }]
    return (image) => alterConfigs(image, { resources, validateOnly: false }, context)
  }),
)

function decided(image: MetadataImage, request: Request): readonly NewRecord[] {
  try {
    return request(image).records
  } catch (error) {
    expect(error instanceof ControllerError || error instanceof Refusal).toBe(true)
    return []
  }
}

function advance(image: MetadataImage, records: readonly NewRecord[]) {
  const draft = new MetadataDraft(image)
  for (const record of records) replay(draft, decodeRecord(encodeRecord(record)))
  return draft.finish(image.offset + records.length, image.controllerId)
}

const lives = fc.array(requests, { minLength: 5, maxLength: 60, size: 'max' })
const founded = advance(emptyImage, bootstrapRecords('cluster-1', { minInsyncReplicas: 1 })).image
const start = [0, 1].reduce(
  (image, brokerId) =>
    advance(image, registerBroker(image, registeredAs({ brokerId }), context).records).image,
  founded,
)

function live(life: readonly Request[], onStep: (step: ReturnType<typeof advance>) => void) {
  let image = start
  for (const request of life) {
    const step = advance(image, decided(image, request))
    onStep(step)
    image = step.image
  }
  return image
}

it('has lives with topics in them, and not only refusals', () => {
  const images = fc.sample(lives, 50).map((life) => live(life, () => undefined))
  expect(images.filter(({ topicsById }) => topicsById.size > 0).length).toBeGreaterThan(20)
  const partitions = images.flatMap(({ topicsById }) =>
    [...topicsById.values()].flatMap((topic) => topic.partitions),
  )
  expect(partitions.some(({ leader }) => leader === -1)).toBe(true)
  expect(partitions.some(({ leaderEpoch }) => leaderEpoch > 1)).toBe(true)
})

function checkPartitions(image: MetadataImage): void {
  for (const topic of image.topicsById.values()) {
    expect(image.topicsByName.get(topic.name)).toBe(topic)
    for (const [index, partition] of topic.partitions.entries()) {
      expect(partition.index).toBe(index)
      expect(partition.replicas).toEqual(expect.arrayContaining([...partition.isr]))
      expect(new Set(partition.replicas).size).toBe(partition.replicas.length)
      if (partition.leader === -1) continue
      expect(partition.isr).toContain(partition.leader)
      expect(image.brokers.get(partition.leader)?.fenced).toBe(false)
    }
  }
}

describe('the metadata image', () => {
  it('is what a snapshot of it makes', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const image = live(life, () => undefined)
        const copy = imageOfSnapshot(encodedSnapshot(image), image.offset, image.controllerId)
        expect(plainImage(copy)).toEqual(plainImage(image))
      }),
    )
  })

  it('changes as its delta says, and as a comparison of the two images says', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let before = start
        live(life, ({ image, delta }) => {
          const difference = diffImages(before, image)
          // A delta may name what changed back within its batch; it leaves nothing out.
          expect([...delta.changedTopics]).toEqual(
            expect.arrayContaining([...difference.changedTopics]),
          )
          expect([...delta.changedConfigs]).toEqual(
            expect.arrayContaining([...difference.changedConfigs]),
          )
          expect(delta.deletedTopics).toEqual(difference.deletedTopics)
          expect(delta.brokersChanged || !difference.brokersChanged).toBe(true)
          expect([delta.from, delta.to]).toEqual([before.offset, image.offset])
          before = image
        })
      }),
    )
  })

  it('never has a partition led from outside its ISR or by a fenced broker', () => {
    fc.assert(fc.property(lives, (life) => checkPartitions(live(life, () => undefined))))
  })

  it('never lets epochs go back', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let before = start
        live(life, ({ image }) => {
          for (const [id, topic] of before.topicsById) {
            const after = image.topicsById.get(id)
            for (const [index, partition] of (after?.partitions ?? []).entries()) {
              const old = topic.partitions[index]
              expect(partition.leaderEpoch).toBeGreaterThanOrEqual(old?.leaderEpoch ?? 0)
              expect(partition.partitionEpoch).toBeGreaterThanOrEqual(old?.partitionEpoch ?? 0)
              if (old !== undefined && old.leader !== partition.leader) {
                expect(partition.leaderEpoch).toBeGreaterThan(old.leaderEpoch)
              }
            }
          }
          expect(image.nextBrokerEpoch).toBeGreaterThanOrEqual(before.nextBrokerEpoch)
          expect(image.nextProducerId).toBeGreaterThanOrEqual(before.nextProducerId)
          before = image
        })
      }),
    )
  })

  it('shares with its predecessor what did not change', () => {
    const base = advance(start, [
      ...decided(start, (image) => registerBroker(image, registeredAs({ brokerId: 0 }), context)),
    ]).image
    const request: Request = (image) =>
      createTopics(image, { topics: [newTopic('a'), newTopic('b')], validateOnly: false }, context)
    const first = advance(base, decided(base, request)).image
    const second = advance(
      first,
      decided(first, (image) => deleteTopics(image, { topics: [{ name: 'a', topicId: null }] })),
    ).image
    expect(second.topicsByName.get('b')).toBe(first.topicsByName.get('b'))
    expect(second.brokers).toBe(first.brokers)
    expect(first.topicsByName.has('a')).toBe(true)
  })
})
