// The controller around its decisions: commits, leadership, snapshots, full disks.

import type { MetadataDelta, MetadataImage } from '@samsa/controller/image'
import { configOverrides } from '@samsa/controller/image'
import { encodedSnapshot } from '@samsa/controller/image/snapshot'
import type { QuorumController } from '@samsa/controller/quorum-controller'
import { encodeRecord } from '@samsa/controller/records/record'
import { describe, expect, it, vi } from 'vitest'
import {
  applied,
  brokerRecordOf,
  makeController,
  newTopic,
  nodeId,
  registration,
  soleVoterLog,
} from '../../support/controller/controllers.ts'
import { ScriptedLog } from '../../support/controller/scripted-log.ts'
import { MemoryDirectory } from '../raft/driver/memory-directory.ts'

async function onScriptedLog() {
  const log = new ScriptedLog()
  const faults: Error[] = []
  const controller = makeController({ log, onFault: (error) => faults.push(error) })
  await controller.start()
  await controller.registerBroker(member(controller))
  return { log, controller, faults }
}

async function onDisk(directory: MemoryDirectory, clusterId: string | null = null) {
  const controller = makeController({ log: soleVoterLog(directory), clusterId })
  await controller.start()
  return controller
}

const member = (controller: QuorumController) =>
  registration({ clusterId: controller.image().clusterId })
const create = (...names: string[]) => ({
  topics: names.map((name) => newTopic(name)),
  validateOnly: false,
})
const remove = (name: string) => ({ topics: [{ name, topicId: null }] as const })
const namesOf = (image: MetadataImage) => [...image.topicsByName.keys()].sort()

describe('the start of a controller', () => {
  it('founds a cluster once', async () => {
    const directory = new MemoryDirectory()
    const first = await onDisk(directory)
    const { clusterId, features } = first.image()
    expect(clusterId).toMatch(/^[\w-]{22}$/)
    expect(Object.fromEntries(features)).toEqual({
      'eligible.leader.replicas.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'streams.version': 1,
      'metadata.version': 30,
      'samsa.metadata.version': 1,
    })
    await first.close()
    const second = await onDisk(directory)
    expect(second.image().clusterId).toBe(clusterId)
    await second.close()
  })

  it('takes the cluster id that it is given, and refuses a log of another', async () => {
    const directory = new MemoryDirectory()
    const controller = await onDisk(directory, 'the-cluster')
    expect(controller.image().clusterId).toBe('the-cluster')
    await controller.close()
    await expect(onDisk(directory, 'another-one')).rejects.toThrow(
      'the metadata log is of cluster the-cluster, but this node belongs to another-one',
    )
  })

  it('refuses a log that later software wrote, and says which is needed', async () => {
    const later = async (record: Buffer) => {
      const log = new ScriptedLog()
      const controller = makeController({ log })
      log.start = async (listener) => {
        listener.onCommit({ baseOffset: 0, epoch: 1, records: [record] })
      }
      return controller.start()
    }
    const level = encodeRecord({
      type: 'featureLevel',
      name: 'samsa.metadata.version',
      featureLevel: 9,
      softwareVersion: '2.5.0',
    })
    await expect(later(level)).rejects.toThrow('needs Samsa 2.5.0 or later')
    await expect(later(Buffer.from([1, 99, 0]))).rejects.toThrow(
      'metadata record type 99 is not known here: a newer version of Samsa',
    )
  })
})

describe('a decision', () => {
  it('is answered once it is committed, and then is in the image', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    let answered = false
    const creating = controller.createTopics(create('a')).then((results) => {
      answered = true
      return results
    })
    await Promise.resolve()
    expect(answered).toBe(false)
    expect(namesOf(controller.image())).toEqual([])
    log.commitNext()
    expect(namesOf(controller.image())).toEqual(['a'])
    expect(await creating).toMatchObject([{ name: 'a', error: 'NONE' }])
  })

  it('sees what was decided before it and is not committed yet', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const first = controller.createTopics(create('a'))
    const second = controller.createTopics(create('a', 'b'))
    const removal = controller.deleteTopics(remove('a'))
    log.commitAll()
    expect(await first).toMatchObject([{ error: 'NONE' }])
    expect(await second).toMatchObject([{ error: 'TOPIC_ALREADY_EXISTS' }, { error: 'NONE' }])
    expect(await removal).toMatchObject([{ error: 'NONE' }])
    expect(namesOf(controller.image())).toEqual(['b'])
  })

  it('without records waits for what it rests on', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const first = controller.createTopics(create('a'))
    let told = false
    const second = controller.createTopics(create('a')).then((results) => {
      told = true
      return results
    })
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(told).toBe(false)
    log.commitAll()
    await first
    expect(await second).toMatchObject([{ error: 'TOPIC_ALREADY_EXISTS' }])
  })

  it('is told to listeners once for each batch, whole', async () => {
    const { controller } = await onScriptedLog()
    const told: { image: MetadataImage; delta: MetadataDelta }[] = []
    const stop = controller.subscribe((image, delta) => {
      expect(controller.image()).toBe(image)
      told.push({ image, delta })
    })
    await controller.createTopics(create('a', 'b'))
    expect(told).toHaveLength(1)
    expect(told[0]?.delta.changedTopics.size).toBe(2)
    stop()
    await controller.deleteTopics(remove('a'))
    expect(told).toHaveLength(1)
  })

  it('is refused when too many wait', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const many = Array.from({ length: 10_000 }, () => controller.allocateProducerIds(nodeId, 0))
    await expect(controller.allocateProducerIds(nodeId, 0)).rejects.toMatchObject({
      kafkaError: 'REQUEST_TIMED_OUT',
    })
    log.commitAll()
    const blocks = await Promise.all(many)
    expect(new Set(blocks.map(({ first }) => first)).size).toBe(10_000)
    const oneMore = controller.allocateProducerIds(nodeId, 0)
    log.commitAll()
    expect((await oneMore).first).toBe(10_000_000)
  })
})

describe('leadership', () => {
  it('that is lost takes undecided things with it', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const lost = controller.createTopics(create('lost'))
    const refused = expect(lost).rejects.toMatchObject({ kafkaError: 'NOT_CONTROLLER' })
    log.depose()
    await refused
    await expect(controller.createTopics(create('b'))).rejects.toMatchObject({
      kafkaError: 'NOT_CONTROLLER',
    })
    expect(controller.image().controllerId).toBe(nodeId + 1)
    // Another node decides something, then this one leads again: 'lost' was never there.
    log.commitForeign([brokerRecordOf({ id: 7 })])
    log.elect(nodeId)
    log.commits = true
    expect(await controller.createTopics(create('lost'))).toMatchObject([{ error: 'NONE' }])
    expect([...controller.image().brokers.keys()]).toEqual([nodeId, 7])
  })

  it('that is lost takes answers with it that rest on undecided things', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const lost = controller.createTopics(create('lost'))
    // By itself it would change nothing: the topic is there, as far as was decided.
    const resting = controller.createTopics(create('lost'))
    const refused = [lost, resting].map((request) =>
      expect(request).rejects.toMatchObject({ kafkaError: 'NOT_CONTROLLER' }),
    )
    log.depose()
    await Promise.all(refused)
    log.elect(nodeId)
    expect(await controller.deleteTopics(remove('lost'))).toMatchObject([
      { error: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ])
  })

  it('that comes back in another epoch keeps what turned out committed', async () => {
    const { log, controller } = await onScriptedLog()
    log.commits = false
    const uncertain = controller.createTopics(create('survivor'))
    const [waiting] = log.pending
    const refused = expect(uncertain).rejects.toMatchObject({ kafkaError: 'NOT_CONTROLLER' })
    log.depose()
    await refused
    log.pending = waiting === undefined ? [] : [{ ...waiting, resolve: () => undefined }]
    log.commitAll()
    log.elect(nodeId)
    log.commits = true
    expect(await controller.createTopics(create('survivor'))).toMatchObject([
      { error: 'TOPIC_ALREADY_EXISTS' },
    ])
  })

  it('ends with close', async () => {
    const { controller } = await onScriptedLog()
    await controller.close()
    await expect(controller.createTopics(create('a'))).rejects.toMatchObject({
      kafkaError: 'NOT_CONTROLLER',
    })
  })
})

describe('a full disk', () => {
  it('delays what it cannot take until there is room', async () => {
    const directory = new MemoryDirectory()
    const controller = await onDisk(directory)
    await controller.registerBroker(member(controller))
    directory.roomBytes = 50
    const attempt = controller.createTopics(create('a'))
    await vi.waitFor(() => expect(directory.roomBytes).toBe(0))
    expect(namesOf(controller.image())).toEqual([])
    directory.roomBytes = Number.POSITIVE_INFINITY
    expect(await attempt).toMatchObject([{ error: 'NONE' }])
    await controller.close()
    const again = await onDisk(directory)
    expect(namesOf(again.image())).toEqual(['a'])
    await again.close()
  })

  it('that fails to sync is a fault, and nothing is decided any more', async () => {
    const directory = new MemoryDirectory()
    const faults: Error[] = []
    const controller = makeController({
      log: soleVoterLog(directory),
      onFault: (error) => faults.push(error),
    })
    await controller.start()
    await controller.registerBroker(member(controller))
    directory.failsSync = true
    await expect(controller.createTopics(create('a'))).rejects.toMatchObject({
      kafkaError: 'NOT_CONTROLLER',
    })
    expect(faults).toMatchObject([{ message: 'EIO' }])
  })
})

describe('snapshots', () => {
  it('are written as the log grows, and a start from one is the same', async () => {
    const directory = new MemoryDirectory()
    const controller = await onDisk(directory)
    await controller.registerBroker(member(controller))
    await controller.incrementalAlterConfigs({
      resources: [
        {
          type: 'broker',
          name: '',
          changes: [{ name: 'log.retention.ms', operation: 'set', value: '1' }],
        },
      ],
      validateOnly: false,
    })
    for (let round = 0; round < 100; round++) {
      const topics = [newTopic(`topic-${round}`, { numPartitions: 50 })]
      await controller.createTopics({ topics, validateOnly: false })
      if (round % 2 === 1) await controller.deleteTopics(remove(`topic-${round}`))
    }
    const before = controller.image()
    await controller.close()
    expect(directory.names.some((name) => name.endsWith('.snapshot'))).toBe(true)
    const again = await onDisk(directory)
    const after = again.image()
    expect(namesOf(after)).toEqual(namesOf(before))
    expect(after.topicsById.get(before.topicsByName.get('topic-0')?.id ?? '')).toEqual(
      before.topicsByName.get('topic-0'),
    )
    expect(configOverrides(after, 'broker', '')).toEqual(configOverrides(before, 'broker', ''))
    expect(after.offset).toBe(before.offset)
    await again.close()
  })

  it('that come from the log replace everything, and the delta says what changed', async () => {
    const { log, controller } = await onScriptedLog()
    await controller.createTopics(create('gone', 'stays'))
    const deltas: MetadataDelta[] = []
    controller.subscribe((_, delta) => deltas.push(delta))
    const image = controller.image()
    const topicId = image.topicsByName.get('gone')?.id ?? ''
    const other = applied(image, [{ type: 'removeTopic', topicId }])
    log.listener?.onSnapshot({ offset: 50, epoch: 3, records: encodedSnapshot(other) })
    expect(controller.image().offset).toBe(50)
    expect(namesOf(controller.image())).toEqual(['stays'])
    expect(deltas).toMatchObject([{ to: 50, deletedTopics: [{ name: 'gone' }] }])
    expect(deltas[0]?.changedTopics.size).toBe(0)
  })
})
