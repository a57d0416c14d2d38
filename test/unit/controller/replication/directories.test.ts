// A broker with several log directories tells where its replicas are.

import { assignDirectories } from '@samsa/controller/replication/directories'
import type { DirectoryAssignment } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied, directoryOf } from '../../../support/controller/controllers.ts'
import {
  context,
  epochOf,
  partition,
  restart,
  topicId,
  withPartition,
} from '../../../support/controller/partitions.ts'

const disks = ['disk-a', 'disk-b'].map((name) => name.padEnd(22, 'A')) as [string, string]
const lost = 'AAAAAAAAAAAAAAAAAAAAAQ'
const unassigned = 'A'.repeat(22)
const start = restart(
  withPartition({ replicas: [1, 2], directories: [unassigned, directoryOf(2)] }),
  1,
  { logDirs: disks, fenced: false },
)

function assign(image: typeof start, assignment: Partial<DirectoryAssignment>, epoch?: number) {
  const assignments = [{ directoryId: disks[1], topicId, partitionIndex: 0, ...assignment }]
  const request = { brokerId: 1, brokerEpoch: epoch ?? epochOf(image, 1), assignments }
  const { records, response } = assignDirectories(image, request, context)
  return { error: response[0]?.error, image: applied(image, records), records }
}

describe('the directory of a replica', () => {
  it('is what its broker says', () => {
    const { error, image } = assign(start, {})
    expect(error).toBe('NONE')
    expect(partition(image).directories).toEqual([disks[1], directoryOf(2)])
    expect(assign(image, {}).records).toEqual([])
  })

  it('that is lost takes its replica out of the ISR', () => {
    const image = applied(start, [
      { type: 'partitionChange', topicId, partitionId: 0, isr: [2, 1], leader: 1 },
    ])
    expect(partition(assign(image, { directoryId: lost }).image)).toMatchObject({
      leader: 2,
      isr: [2],
      directories: [lost, directoryOf(2)],
    })
  })

  it('that is back lets its replica lead again', () => {
    const only = applied(start, [
      { type: 'partitionChange', topicId, partitionId: 0, isr: [1], leader: 1 },
    ])
    const { image } = assign(only, { directoryId: lost })
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1] })
    expect(partition(assign(image, {}).image)).toMatchObject({ leader: 1, isr: [1] })
  })

  it('is refused of what there is not, and of what is not its own', () => {
    expect(assign(start, { topicId: 'other'.padEnd(22, 'A') }).error).toBe('UNKNOWN_TOPIC_ID')
    expect(assign(start, { partitionIndex: 1 }).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const elsewhere = applied(start, [
      { type: 'partitionChange', topicId, partitionId: 0, replicas: [2], directories: [disks[0]] },
    ])
    expect(assign(elsewhere, {}).error).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(() => assign(start, {}, 0)).toThrow(
      expect.objectContaining({ kafkaError: 'STALE_BROKER_EPOCH' }),
    )
  })
})
