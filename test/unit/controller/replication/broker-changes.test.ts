// Who leads, who is in sync and who is eligible when brokers are fenced, come back, restart, stop
// and lose disks.

import { beginControlledShutdown, fenceBroker, registerBroker } from '@samsa/controller/cluster'
import type { MetadataImage } from '@samsa/controller/image'
import type { NewRecord } from '@samsa/controller/records/record'
import { alterPartition } from '@samsa/controller/replication/alter-partition'
import { describe, expect, it } from 'vitest'
import {
  applied,
  directoryOf,
  imageWith,
  registration,
} from '../../../support/controller/controllers.ts'
import {
  context,
  epochOf,
  fence,
  partition,
  restart,
  restartCleanly,
  shutDown,
  topicId,
  unfence,
  unregister,
  withPartition,
  withPartitions,
} from '../../../support/controller/partitions.ts'

describe('a leader that is fenced', () => {
  it('is followed by the next replica of the ISR', () => {
    const image = fence(withPartition({ replicas: [1, 2, 3], isr: [1, 3, 2] }), 1)
    expect(partition(image)).toMatchObject({
      leader: 2,
      isr: [3, 2],
      leaderEpoch: 6,
      partitionEpoch: 10,
    })
  })

  it('leaves nobody to lead when the rest of the ISR is fenced too', () => {
    const image = fence(fence(withPartition({ replicas: [1, 2] }), 2), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 6 })
    // Broker 2 is not in the ISR: it may lack records, so it cannot help.
    expect(partition(unfence(image, 2))).toMatchObject({ leader: -1, isr: [1] })
    expect(partition(unfence(image, 1))).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('changes nothing where it is no replica', () => {
    const image = withPartition({ replicas: [2, 3] })
    expect(partition(fence(image, 1))).toEqual(partition(image))
  })

  it('is not fenced twice', () => {
    const image = fence(withPartition({ replicas: [1] }), 1)
    expect(fenceBroker(image, { brokerId: 1, epoch: epochOf(image, 1) }, context).records).toEqual(
      [],
    )
  })
})

describe('a follower that is fenced', () => {
  it('leaves the ISR, and the leader and its epoch stay', () => {
    const image = fence(withPartition({ replicas: [1, 2, 3] }), 2)
    expect(partition(image)).toMatchObject({
      leader: 1,
      isr: [1, 3],
      leaderEpoch: 5,
      partitionEpoch: 10,
    })
  })
})

describe('a partition without an ISR that is alive', () => {
  it('is led by an eligible leader replica when it comes back (KIP-966)', () => {
    const image = fence(
      withPartition({ replicas: [1, 2], isr: [], leader: -1, elr: [2] }, { elr: true }),
      2,
    )
    expect(partition(unfence(image, 2))).toMatchObject({ leader: 2, isr: [2] })
  })
})

describe('a broker that restarts', () => {
  it('as the last of the ISR goes on leading in a new epoch, when it joins at once', () => {
    const image = restart(withPartition({ replicas: [1] }), 1, { fenced: false })
    expect(partition(image)).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('as the last of the ISR leads again once it is unfenced', () => {
    const image = restart(withPartition({ replicas: [1] }), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 6 })
    expect(partition(unfence(image, 1))).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('gives up leadership and the ISR where others can take over', () => {
    for (const fenced of [true, false]) {
      const image = restart(withPartition({ replicas: [1, 2, 3] }), 1, { fenced })
      expect(partition(image)).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 6 })
    }
  })

  it('and amends its registration only, changes no partition', () => {
    const image = withPartition({ replicas: [1] })
    const { incarnationId } = image.brokers.get(1) ?? { incarnationId: '' }
    const decision = registerBroker(
      image,
      registration({ brokerId: 1, incarnationId, rack: 'east' }),
      context,
    )
    expect(decision.records).toHaveLength(1)
    expect(decision.response.epoch).toBe(epochOf(image, 1))
    expect(applied(image, decision.records).brokers.get(1)?.rack).toBe('east')
  })
})

const elr = { elr: true }

describe('eligible leader replicas', () => {
  it('are those that leave an ISR below min.insync.replicas', () => {
    const world = { ...elr, minInsync: 2 }
    const two = fence(withPartition({ replicas: [1, 2, 3] }, world), 3)
    expect(partition(two)).toMatchObject({ isr: [1, 2], elr: [] })
    const one = fence(two, 2)
    expect(partition(one)).toMatchObject({ leader: 1, isr: [1], elr: [2], lastKnownElr: [] })
    const none = fence(one, 1)
    expect(partition(none)).toMatchObject({ leader: -1, isr: [], elr: [2, 1], lastKnownElr: [1] })
  })

  it('count no more than there are replicas', () => {
    const image = withPartition({ replicas: [1] }, { ...elr, minInsync: 3 })
    expect(partition(image).elr).toEqual([])
    expect(partition(fence(image, 1))).toMatchObject({ isr: [], elr: [1], lastKnownElr: [1] })
  })

  it('lead without recovering, whoever comes back first', () => {
    const sketch = { replicas: [1, 2], isr: [], leader: -1, elr: [2, 1], lastKnownElr: [1] }
    const image = fence(fence(withPartition(sketch, { ...elr, minInsync: 2 }), 1), 2)
    expect(partition(unfence(image, 2))).toMatchObject({
      leader: 2,
      isr: [2],
      elr: [1],
      lastKnownElr: [],
      recovering: false,
    })
  })

  it('stay eligible after a clean stop, and not after an unclean one', () => {
    const sketch = { replicas: [1, 2], isr: [1], elr: [2] }
    const image = withPartition(sketch, { ...elr, minInsync: 2 })
    expect(partition(restartCleanly(image, 2)).elr).toEqual([2])
    expect(partition(restart(image, 2)).elr).toEqual([])
    // An epoch from before says nothing of the process that was there last.
    const stale = { previousBrokerEpoch: epochOf(image, 2) - 1 }
    expect(partition(restart(image, 2, stale)).elr).toEqual([])
  })

  it('are not off when the last of the ISR comes back uncleanly: another leads', () => {
    const sketch = { replicas: [1, 2, 3], isr: [1], elr: [2] }
    const image = withPartition(sketch, { ...elr, minInsync: 2 })
    expect(partition(restart(image, 1))).toMatchObject({ leader: 2, isr: [2], elr: [] })
  })

  it('give way to the last known leader, who recovers, when all went down uncleanly', () => {
    const image = restart(fence(withPartition({ replicas: [1, 2] }, elr), 2), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [1] })
    expect(partition(unfence(image, 2)).leader).toBe(-1)
    expect(partition(unfence(image, 1))).toMatchObject({
      leader: 1,
      isr: [1],
      lastKnownElr: [],
      recovering: true,
    })
  })
})

describe('an unclean election', () => {
  it('happens where the topic allows it, and its leader recovers', () => {
    const image = withPartition({ replicas: [1, 2, 3], isr: [1] }, { unclean: true })
    expect(partition(fence(image, 1))).toMatchObject({
      leader: 2,
      isr: [2],
      recovering: true,
      leaderEpoch: 6,
    })
  })

  it('does not happen where it does not', () => {
    const image = fence(withPartition({ replicas: [1, 2, 3], isr: [1] }), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], recovering: false })
  })

  it('happens as soon as somebody is there to be elected', () => {
    const all = withPartition({ replicas: [1, 2], isr: [1] }, { unclean: true })
    const image = fence(fence(all, 2), 1)
    expect(partition(image).leader).toBe(-1)
    expect(partition(unfence(image, 2))).toMatchObject({ leader: 2, isr: [2], recovering: true })
  })
})

describe('a controlled shutdown', () => {
  const stop = (image: MetadataImage, brokerId: number) =>
    beginControlledShutdown(image, { brokerId, epoch: epochOf(image, brokerId) }, context)

  it('moves leaderships and leaves each ISR, and is then done', () => {
    const image = withPartitions([{ replicas: [1, 2] }, { replicas: [2, 1] }])
    const { records, response } = stop(image, 1)
    expect(response).toEqual({ remainingLeaders: 0 })
    const after = applied(image, records)
    expect(after.brokers.get(1)?.inControlledShutdown).toBe(true)
    expect(partition(after)).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 6 })
    expect(partition(after, 1)).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 5 })
    expect(stop(after, 1).records).toEqual([])
  })

  it('waits for a replica that is alive and may catch up', () => {
    const image = withPartition({ replicas: [1, 2], isr: [1] }, { unclean: true })
    const first = stop(image, 1)
    expect(first.response).toEqual({ remainingLeaders: 1 })
    const during = applied(image, first.records)
    expect(partition(during)).toMatchObject({ leader: 1, isr: [1], recovering: false })
    const { leaderEpoch, partitionEpoch } = partition(during)
    const newIsr = [1, 2].map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
    const caughtUp = { topicId, partitionIndex: 0, leaderEpoch, partitionEpoch, newIsr }
    const { records } = alterPartition(
      during,
      { brokerId: 1, brokerEpoch: 1, partitions: [{ ...caughtUp, recovering: false }] },
      context,
    )
    const second = stop(applied(during, records), 1)
    expect(second.response).toEqual({ remainingLeaders: 0 })
    expect(partition(applied(applied(during, records), second.records)).leader).toBe(2)
  })

  it('does not wait where nobody else could lead', () => {
    const alone = withPartition({ replicas: [1] })
    expect(stop(alone, 1).response).toEqual({ remainingLeaders: 0 })
    const dead = fence(withPartition({ replicas: [1, 2] }), 2)
    expect(stop(dead, 1).response).toEqual({ remainingLeaders: 0 })
    // It serves to its end.
    expect(partition(applied(alone, stop(alone, 1).records)).leader).toBe(1)
  })

  it('ends with the process: another one is in service like any', () => {
    const image = restartCleanly(shutDown(withPartition({ replicas: [1] }, elr), 1), 1)
    expect(image.brokers.get(1)?.inControlledShutdown).toBe(false)
    expect(partition(unfence(image, 1))).toMatchObject({ leader: 1, recovering: false })
  })
})

describe('a broker that is removed', () => {
  it('leads nothing and is in sync with nothing', () => {
    const image = unregister(withPartition({ replicas: [1, 2, 3] }), 1)
    expect(image.brokers.has(1)).toBe(false)
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2, 3], replicas: [1, 2, 3] })
  })
})

describe('log directories', () => {
  const disks = ['disk-a', 'disk-b'].map((name) => name.padEnd(22, 'A')) as [string, string]
  const [one, other] = disks
  const onTwoDisks = () => {
    const image = restart(
      withPartitions([
        { replicas: [1, 2], directories: [one, directoryOf(2)] },
        { replicas: [1, 2], directories: [other, directoryOf(2)] },
      ]),
      1,
      { logDirs: disks, fenced: false },
    )
    return applied(image, [
      { type: 'partitionChange', topicId, partitionId: 0, isr: [1, 2], leader: 1 },
      { type: 'partitionChange', topicId, partitionId: 1, isr: [1, 2], leader: 1 },
    ])
  }
  /** The process goes on with the disks that it has left. */
  const left = (image: MetadataImage, logDirs: string[]) => {
    const incarnationId = image.brokers.get(1)?.incarnationId ?? ''
    return restart(image, 1, { incarnationId, logDirs })
  }

  it('that fail take their leaderships and ISR memberships with them', () => {
    const image = onTwoDisks()
    const after = left(image, [other])
    expect(after.brokers.get(1)?.logDirs).toEqual([other])
    expect(partition(after, 0)).toMatchObject({ leader: 2, isr: [2] })
    expect(partition(after, 1)).toMatchObject({ leader: 1, isr: [1, 2] })
  })

  it('that are offline keep their partitions from being led', () => {
    const image = applied(onTwoDisks(), [
      { type: 'partitionChange', topicId, partitionId: 0, isr: [1] },
    ])
    const broken = left(image, [other])
    expect(partition(broken)).toMatchObject({ leader: -1, isr: [1] })
    const again = restart(broken, 1, { logDirs: [other, directoryOf(9)], fenced: false })
    expect(partition(again).leader).toBe(-1)
    const repaired = restart(broken, 1, { logDirs: disks, fenced: false })
    expect(partition(repaired).leader).toBe(1)
  })

  it('that are back let their partitions be led again', () => {
    const image = applied(onTwoDisks(), [
      { type: 'partitionChange', topicId, partitionId: 0, isr: [1] },
    ])
    const repaired = left(left(image, [other]), disks)
    expect(partition(repaired)).toMatchObject({ leader: 1, isr: [1] })
  })

  it('that are replaced: the only new one has all replicas, and nothing in them yet', () => {
    const image = restart(withPartition({ replicas: [1, 2] }), 1, { logDirs: [one] })
    expect(partition(image)).toMatchObject({ isr: [2], directories: [one, directoryOf(2)] })
  })

  it('that are replaced make no last known leader, unless nobody else ever had anything', () => {
    const last = { isr: [], leader: -1, lastKnownElr: [1] }
    const shared = fence(withPartition({ replicas: [1, 2], ...last }, elr), 1)
    const emptied = restart(shared, 1, { logDirs: [one], fenced: false })
    expect(partition(emptied)).toMatchObject({ leader: -1, isr: [], lastKnownElr: [] })
    expect(partition(restart(shared, 1, { fenced: false }))).toMatchObject({ leader: 1 })
    const alone = fence(withPartition({ replicas: [1], ...last }, elr), 1)
    expect(partition(restart(alone, 1, { logDirs: [one], fenced: false }))).toMatchObject({
      leader: 1,
      recovering: true,
    })
  })
})

describe('many partitions', () => {
  it('of one broker among ten are found without looking at all the others', () => {
    const replicasOf = (index: number) => [0, 1, 2].map((next) => 1 + ((index + next) % 10))
    const brokers = Array.from({ length: 10 }, (_, index) => ({ id: index + 1 }))
    const records = Array.from({ length: 1000 }, (_, topic): NewRecord[] => {
      const id = `t${topic}`.padEnd(22, 'A')
      const partitions = Array.from({ length: 10 }, (__, index): NewRecord => {
        const replicas = replicasOf(topic)
        const fields = { replicas, isr: replicas, leader: replicas[0] ?? -1 }
        return { type: 'partition', topicId: id, partitionId: index, leaderEpoch: 0, ...fields }
      })
      return [{ type: 'topic', name: `t${topic}`, topicId: id }, ...partitions]
    })
    const image = applied(imageWith(brokers), records.flat())
    const looked: string[] = []
    const topicsById = new Proxy(image.topicsById, {
      get(target, key) {
        if (key !== 'get') throw new Error('all topics were looked at')
        return (id: string) => {
          looked.push(id)
          return target.get(id)
        }
      },
    })
    const broker = { brokerId: 3, epoch: 3 }
    const fenced = fenceBroker({ ...image, topicsById }, broker, context)
    expect(looked).toHaveLength(300)
    expect(fenced.records).toHaveLength(1 + 3000)
  })
})
