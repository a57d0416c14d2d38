// What the handlers of groups do beyond the recorded answers: when the coordinator is elsewhere, or
// cannot be.

import { offsetsTopic } from '@samsa/controller/topic-names'
import type { ApiName } from '@samsa/proto/kafka/apis'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { type LocalGroups, startLocalGroups } from '../../../support/groups/local-groups.ts'
import { settle } from '../../../support/memory-partition-writer.ts'

let node: LocalGroups
afterEach(async () => {
  node.groups.close()
  await node.close()
})

function ask(api: ApiName, version: number, request: unknown, listener = 'PLAINTEXT') {
  const { signal } = new AbortController()
  const context = { clientHost: '127.0.0.1', signal, listener }
  return node.ask(api, version, request, context)
}

const find = (version: number, keyType = 0, listener?: string) =>
  ask(
    'findCoordinator',
    version,
    version >= 4 ? { keyType, coordinatorKeys: ['g'] } : { keyType, key: 'g' },
    listener,
  )

async function groupsInService(): Promise<void> {
  node = await startLocalGroups([])
  await find(4)
  await settle()
  await node.controller.createTopics({
    topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    validateOnly: false,
  })
}

describe('FindCoordinator', () => {
  it('makes __consumer_offsets when it is first asked, and answers at once', async () => {
    node = await startLocalGroups(['offsets.topic.num.partitions=7'])
    expect(await find(3)).toMatchObject({ errorCode: errorCodes.NONE, nodeId: 1 })
    const topic = node.controller.image().topicsByName.get(offsetsTopic)
    expect(topic?.partitions).toHaveLength(7)
  })

  it('makes it once, though many ask at the same moment', async () => {
    node = await startLocalGroups([])
    const answers = await Promise.all([find(3), find(4), find(2), find(6)])
    for (const answer of answers) {
      const { errorCode, coordinators } = answer as {
        errorCode: number
        coordinators: { errorCode: number }[]
      }
      expect(coordinators[0]?.errorCode ?? errorCode).toBe(errorCodes.NONE)
    }
  })

  it('says why it cannot be made', async () => {
    node = await startLocalGroups(['offsets.topic.replication.factor=3'])
    const answer = (await find(4)) as { coordinators: { errorMessage: string }[] }
    expect(answer).toMatchObject({
      coordinators: [
        { key: 'g', nodeId: -1, port: -1, errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE },
      ],
    })
    expect(answer.coordinators[0]?.errorMessage).toMatch(/replication factor/i)
    expect(await find(0)).toMatchObject({ errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE })
  })

  it('finds none where the leader has no listener that the client came by', async () => {
    node = await startLocalGroups([])
    expect(await find(3, 0, 'INTERNAL')).toMatchObject({
      errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE,
      nodeId: -1,
    })
  })
})

describe('OffsetFetch from a broker that does not keep the group', () => {
  const topics = [{ name: 't', partitionIndexes: [0, 1] }]
  const notCoordinator = errorCodes.NOT_COORDINATOR

  it('has the error in every partition in version 1', async () => {
    node = await startLocalGroups([])
    expect(await ask('offsetFetch', 1, { groupId: 'g', topics })).toMatchObject({
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0, committedOffset: -1, errorCode: notCoordinator },
            { partitionIndex: 1, committedOffset: -1, errorCode: notCoordinator },
          ],
        },
      ],
    })
  })

  it('has it once from version 2 on', async () => {
    node = await startLocalGroups([])
    expect(await ask('offsetFetch', 2, { groupId: 'g', topics: null })).toMatchObject({
      errorCode: notCoordinator,
      topics: [],
    })
  })

  it.each([8, 9, 10])('has it for the group in version %i', async (version) => {
    node = await startLocalGroups([])
    const groups = [{ groupId: 'g', topics: null }]
    expect(await ask('offsetFetch', version, { groups })).toMatchObject({
      groups: [{ groupId: 'g', errorCode: notCoordinator, topics: [] }],
    })
  })
})

describe('OffsetCommit', () => {
  const partition = (partitionIndex: number) => ({
    partitionIndex,
    committedOffset: 1,
    committedMetadata: '',
  })

  it('tells every partition that another broker keeps the group', async () => {
    await groupsInService()
    node.groups.onResigned(node.groups.partitionFor('g'))
    const topics = [{ name: 't', partitions: [partition(0), partition(9)] }]
    expect(await ask('offsetCommit', 8, { groupId: 'g', memberId: '', topics })).toMatchObject({
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 9, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION },
            { partitionIndex: 0, errorCode: errorCodes.NOT_COORDINATOR },
          ],
        },
      ],
    })
  })

  it('stores the id of a topic that was committed for by its name', async () => {
    await groupsInService()
    const topics = [{ name: 't', partitions: [partition(0)] }]
    await ask('offsetCommit', 8, { groupId: 'g', memberId: '', topics })
    const topic = node.controller.image().topicsByName.get('t')
    const stored = node.writer.log(node.groups.partitionFor('g')).at(-1)?.value
    expect(stored?.toString('hex')).toContain(
      Buffer.from(topic?.id ?? '?', 'base64url').toString('hex'),
    )
  })

  it('takes a topic that is named twice', async () => {
    await groupsInService()
    const topics = [
      { name: 't', partitions: [partition(0)] },
      { name: 't', partitions: [partition(0)] },
    ]
    expect(await ask('offsetCommit', 8, { groupId: 'g', memberId: '', topics })).toMatchObject({
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0, errorCode: errorCodes.NONE },
            { partitionIndex: 0, errorCode: errorCodes.NONE },
          ],
        },
      ],
    })
  })
})

it('OffsetFetch leaves out of all topics by id those that are gone', async () => {
  await groupsInService()
  const topics = [
    { name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
  ]
  await ask('offsetCommit', 8, { groupId: 'g', memberId: '', topics })
  const topicsByName = new Map()
  const image = { ...node.controller.image(), topicsByName }
  const asked = { groups: [{ groupId: 'g', topics: null }] }
  const { services } = node
  Object.assign(services, { metadata: () => image })
  expect(await ask('offsetFetch', 10, asked)).toMatchObject({ groups: [{ topics: [] }] })
  expect(await ask('offsetFetch', 9, asked)).toMatchObject({
    groups: [{ topics: [{ name: 't' }] }],
  })
})
