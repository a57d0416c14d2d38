// What a broker with several log directories tells the controller of where its replicas are.

import { DirectoryAssignments } from '@samsa/broker/replica/directory-assignments'
import type { Partition } from '@samsa/broker/replica/partition'
import { lostDirectoryId, type MetadataImage } from '@samsa/controller/image'
import type { AssignDirectories } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'

const [here, there, unassigned] = ['disk-here', 'disk-there', ''].map((name) => {
  return name.padEnd(22, 'A')
}) as [string, string, string]

function partition(index: number, known: string, log: object | null = { directoryId: here }) {
  const image = { replicas: [7, 1], directories: ['elsewhere', known] }
  const online = log === null ? null : { online: true, ...log }
  return { topicId: 'topic', index, image, log: online } as unknown as Partition
}

function start(partitions: Partition[]) {
  const scheduled: (() => void)[] = []
  const asked: AssignDirectories[] = []
  const warnings: string[] = []
  const state = { epoch: 5, registered: 5, fails: false, givesUp: [] as number[] }
  const subject = new DirectoryAssignments({
    nodeId: 1,
    partitions: () => partitions,
    givesUp: ({ index }) => state.givesUp.includes(index),
    image: () => {
      return { brokers: new Map([[1, { epoch: state.registered }]]) } as unknown as MetadataImage
    },
    brokerEpoch: () => state.epoch,
    assign: async (request) => {
      asked.push(request)
      if (state.fails) throw new Error('no controller')
      return []
    },
    timers: {
      schedule: (_, call) => {
        scheduled.push(call)
        return { cancel: () => scheduled.splice(scheduled.indexOf(call), 1) }
      },
    },
    events: {
      debug: () => undefined,
      info: () => undefined,
      warn: (_, message) => warnings.push(message),
      error: () => undefined,
    },
  })
  const look = async () => {
    for (const call of scheduled.splice(0)) call()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { subject, look, asked, warnings, state, scheduled }
}

describe('the directories of replicas', () => {
  it('are none for a leader that had better not lead', async () => {
    const { look, asked, state } = start([partition(0, here), partition(1, here)])
    state.givesUp = [1]
    await look()
    const lost = { directoryId: lostDirectoryId, topicId: 'topic', partitionIndex: 1 }
    expect(asked.map(({ assignments }) => assignments)).toEqual([[lost]])
  })

  it('are told where the metadata says otherwise', async () => {
    const { look, asked } = start([
      partition(0, unassigned),
      partition(1, here),
      partition(2, there),
      partition(3, unassigned, null),
      partition(4, unassigned, { directoryId: here, online: false }),
    ])
    await look()
    const assignment = { directoryId: here, topicId: 'topic' }
    expect(asked).toEqual([
      {
        brokerId: 1,
        brokerEpoch: 5,
        assignments: [
          { ...assignment, partitionIndex: 0 },
          { ...assignment, partitionIndex: 2 },
        ],
      },
    ])
  })

  it('are not told before the registration is committed, nor when there is nothing to tell', async () => {
    const { look, asked, state } = start([partition(0, unassigned)])
    state.registered = 4
    await look()
    state.epoch = -1
    await look()
    expect(asked).toEqual([])
    expect((await tellNothing()).asked).toEqual([])
  })

  async function tellNothing() {
    const started = start([partition(0, here)])
    await started.look()
    return started
  }

  it('are told again after a failure, and no more once it is closed', async () => {
    const { subject, look, asked, warnings, state, scheduled } = start([partition(0, unassigned)])
    state.fails = true
    await look()
    expect(warnings).toHaveLength(1)
    await look()
    expect(asked).toHaveLength(2)
    subject.close()
    expect(scheduled).toEqual([])
  })

  it('are told so many at once', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => partition(index, unassigned))
    const { look, asked } = start(many)
    await look()
    expect(asked[0]?.assignments).toHaveLength(2000)
  })
})
