// Replicas whose log directory is offline: nobody begins them anew elsewhere while they may be the
// ones that hold what was acknowledged.

import type { LogManager } from '@samsa/broker/log/log-manager'
import { ReplicaManager, type ReplicaManagerOptions } from '@samsa/broker/replica/replica-manager'
import type { MetadataDelta, MetadataImage, PartitionImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { describe, expect, it } from 'vitest'

const [online, offline, unassigned] = ['disk-online', 'disk-offline', ''].map((name) => {
  return name.padEnd(22, 'A')
}) as [string, string, string]
const topicId = 'topic'.padEnd(22, 'A')

const partition: PartitionImage = {
  index: 0,
  replicas: [1, 2],
  isr: [2],
  leader: 2,
  leaderEpoch: 3,
  partitionEpoch: 3,
  addingReplicas: [],
  removingReplicas: [],
  directories: [offline, 'elsewhere'],
  elr: [],
  lastKnownElr: [],
  recovering: false,
}

function imageOf(changes: Partial<PartitionImage>): MetadataImage {
  const topic = { name: 't', id: topicId, partitions: [{ ...partition, ...changes }] }
  return {
    ...emptyImage,
    topicsById: new Map([[topicId, topic]]),
    topicsByName: new Map([['t', topic]]),
  }
}

/** Which logs a manager asks for and deletes, in place of a log that opens. */
function start(changes: Partial<PartitionImage>, { present = false, isRegistered = true } = {}) {
  const opened: string[] = []
  const deleted: string[] = []
  const registration = { isRegistered }
  const logs = {
    onlineDirectoryIds: [online],
    damaged: [],
    get: () => (present ? {} : undefined),
    getOrCreate: (topic: string) => {
      opened.push(topic)
      return new Promise(() => undefined)
    },
    delete: (topic: string) => {
      deleted.push(topic)
      return Promise.resolve()
    },
    onDirectoryFailure: () => undefined,
  } as unknown as LogManager
  const manager = new ReplicaManager({
    nodeId: 1,
    logs,
    topicConfig: () => ({}),
    events: { error: () => undefined },
    isRegistered: () => registration.isRegistered,
    timers: { schedule: () => ({ cancel: () => undefined }) },
    leadership: { onElected: () => undefined, onResigned: () => undefined },
  } as unknown as ReplicaManagerOptions)
  const delta = { deletedTopics: [], changedTopics: new Set([topicId]) } as unknown as MetadataDelta
  const apply = async (next: Partial<PartitionImage>) => {
    manager.apply(imageOf(next), delta)
    await new Promise<void>((resolve) => setImmediate(resolve))
    return opened.length
  }
  return { apply: () => apply(changes), becomes: apply, manager, registration, deleted }
}

describe('a replica in a directory that is offline', () => {
  it.each<[string, Partial<PartitionImage>]>([
    ['in sync', { isr: [1], leader: -1 }],
    ['eligible to lead', { elr: [1] }],
    ['the last known leader', { isr: [], leader: -1, lastKnownElr: [1] }],
  ])('stays there while it is %s', async (_, changes) => {
    const { apply, manager } = start(changes)
    expect(await apply()).toBe(0)
    const held = manager.find(topicId, 0)
    await held?.opened
    expect(held?.openError).toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
  })

  it('begins anew where nobody counts on it, once or from then on', async () => {
    expect(await start({}).apply()).toBe(1)
    const { apply, becomes } = start({ elr: [1] })
    expect(await apply()).toBe(0)
    expect(await becomes({ elr: [] })).toBe(1)
    expect(await becomes({ elr: [] })).toBe(1)
  })

  it('begins anew when its broker is said to have another disk', async () => {
    const { apply, becomes } = start({ isr: [1], leader: -1 })
    expect(await apply()).toBe(0)
    expect(await becomes({ isr: [1], leader: -1, directories: [online, 'elsewhere'] })).toBe(1)
  })
})

describe('a replica of which no directory is offline', () => {
  it('is opened', async () => {
    expect(await start({ isr: [1], directories: [unassigned, 'elsewhere'] }).apply()).toBe(1)
    expect(await start({ isr: [1], directories: [online, 'elsewhere'] }).apply()).toBe(1)
    // The metadata has yet to hear where it is.
    expect(await start({ isr: [1] }, { present: true }).apply()).toBe(1)
  })
})

describe('metadata that is older than the process', () => {
  it('is no reason to begin a replica anew', async () => {
    const { apply, registration } = start({}, { isRegistered: false })
    expect(await apply()).toBe(0)
    registration.isRegistered = true
    expect(await apply()).toBe(1)
  })

  it('is no reason to delete what has moved elsewhere: it may have come back', async () => {
    const here = { directories: [online, 'elsewhere'] }
    const { apply, becomes, registration, deleted } = start(here, { isRegistered: false })
    await apply()
    await becomes({ replicas: [2, 3] })
    await becomes(here)
    registration.isRegistered = true
    await becomes(here)
    expect(deleted).toEqual([])
    await becomes({ replicas: [2, 3] })
    expect(deleted).toEqual(['t'])
  })

  it('has what moved elsewhere deleted once newer metadata says the same', async () => {
    const here = { directories: [online, 'elsewhere'] }
    const { apply, becomes, registration, deleted } = start(here, { isRegistered: false })
    await apply()
    await becomes({ replicas: [2, 3] })
    expect(deleted).toEqual([])
    registration.isRegistered = true
    await becomes({ replicas: [2, 3] })
    expect(deleted).toEqual(['t'])
  })
})
