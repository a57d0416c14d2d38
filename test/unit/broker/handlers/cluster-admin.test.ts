// The handlers of a cluster's admin beyond the recorded answers: what they hand to the controller,
// and how its refusals and its silence are told.

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../../../support/admin/local-node.ts'

let node: LocalNode
afterEach(() => node.close())

async function withController(controller: Partial<Controller>): Promise<LocalNode> {
  return startLocalNode({ services: { controller: controller as Controller } })
}

const directory = 'aDirectoryOfTheNode-0w'
const voter = {
  clusterId: null,
  voterId: 4,
  voterDirectoryId: directory,
  timeoutMs: 1000,
  listeners: [{ name: 'CONTROLLER', host: 'node-4', port: 19_093 }],
}
const elections = {
  electionType: 1,
  topicPartitions: [
    { topic: 'a', partitions: [0, 1] },
    { topic: 'b', partitions: [2] },
  ],
  timeoutMs: 1000,
}

describe('a change of the quorum', () => {
  it('hands the voter on with its directory and its endpoints', async () => {
    const asked: unknown[] = []
    node = await withController({
      addVoter: async (added) => void asked.push(added),
      removeVoter: async (removed) => void asked.push(removed),
    })
    const done = { errorCode: 0, errorMessage: null }
    expect(await node.ask('addRaftVoter', 1, voter)).toMatchObject(done)
    expect(await node.ask('removeRaftVoter', 0, voter)).toMatchObject(done)
    expect(asked).toEqual([
      {
        nodeId: 4,
        directoryId: directory,
        endpoints: [
          { listener: 'CONTROLLER', host: 'node-4', port: 19_093, securityProtocol: 'PLAINTEXT' },
        ],
      },
      { nodeId: 4, directoryId: directory },
    ])
  })

  it('is refused in the words of the quorum', async () => {
    const refuse = () => Promise.reject(new ControllerError('DUPLICATE_VOTER', 'it votes already'))
    node = await withController({ addVoter: refuse, removeVoter: refuse })
    const refused = { errorCode: errorCodes.DUPLICATE_VOTER, errorMessage: 'it votes already' }
    expect(await node.ask('addRaftVoter', 0, voter)).toMatchObject(refused)
    expect(await node.ask('removeRaftVoter', 0, voter)).toMatchObject(refused)
  })

  it('reaches no quorum when it names another cluster', async () => {
    node = await withController({})
    const astray = { ...voter, clusterId: 'anotherClusterAltogeth' }
    const refused = { errorCode: errorCodes.INCONSISTENT_CLUSTER_ID }
    expect(await node.ask('addRaftVoter', 0, astray)).toMatchObject(refused)
    expect(await node.ask('removeRaftVoter', 0, astray)).toMatchObject(refused)
  })
})

describe('DescribeQuorum', () => {
  it('says where controllers are reached, as they have told it themselves', async () => {
    node = await startLocalNode()
    await node.controller.registerController({
      nodeId: 1,
      directoryId: directory,
      incarnationId: directory,
      endpoints: [
        { listener: 'CONTROLLER', host: 'node-1', port: 19_093, securityProtocol: 'PLAINTEXT' },
      ],
    })
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    expect(await node.ask('describeQuorum', 2, { topics })).toMatchObject({
      nodes: [{ nodeId: 1, listeners: [{ name: 'CONTROLLER', host: 'node-1', port: 19_093 }] }],
    })
  })

  it('says so when no controller can be asked', async () => {
    const refuse = () => Promise.reject(new ControllerError('NOT_CONTROLLER', 'nobody leads'))
    node = await withController({ describeQuorum: refuse })
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    expect(await node.ask('describeQuorum', 2, { topics })).toMatchObject({
      errorCode: errorCodes.NOT_CONTROLLER,
      errorMessage: 'nobody leads',
      topics: [],
    })
  })
})

describe('a request that the controller refuses as a whole', () => {
  it('is answered so, and by version 0 of ElectLeaders for each partition', async () => {
    const refuse = () => Promise.reject(new ControllerError('NOT_CONTROLLER', 'not here'))
    node = await withController({
      electLeaders: refuse,
      alterReassignments: refuse,
      updateFeatures: refuse,
      unregisterBroker: refuse,
    })
    const refused = { errorCode: errorCodes.NOT_CONTROLLER, errorMessage: 'not here' }
    expect(await node.ask('electLeaders', 0, { ...elections, electionType: 0 })).toMatchObject({
      replicaElectionResults: [
        {
          topic: 'a',
          partitionResult: [
            { partitionId: 0, ...refused },
            { partitionId: 1, ...refused },
          ],
        },
        { topic: 'b', partitionResult: [{ partitionId: 2, ...refused }] },
      ],
    })
    expect(await node.ask('electLeaders', 2, elections)).toMatchObject({
      errorCode: errorCodes.NOT_CONTROLLER,
    })
    const moves = { timeoutMs: 1000, topics: [], allowReplicationFactorChange: false }
    expect(await node.ask('alterPartitionReassignments', 1, moves)).toMatchObject({
      ...refused,
      allowReplicationFactorChange: false,
    })
    const updates = { timeoutMs: 1000, featureUpdates: [], validateOnly: false }
    expect(await node.ask('updateFeatures', 2, updates)).toMatchObject(refused)
    expect(await node.ask('unregisterBroker', 0, { brokerId: 1 })).toMatchObject(refused)
  })

  it('is told to have timed out when the time that it gave is over', async () => {
    const expired = {
      schedule: (_delayMs: number, action: () => void) => {
        action()
        return { cancel: () => undefined }
      },
    }
    const silence = () => new Promise<never>(() => undefined)
    node = await startLocalNode({
      services: {
        controller: { electLeaders: silence, addVoter: silence } as unknown as Controller,
        timers: expired,
      },
    })
    const late = { errorCode: errorCodes.REQUEST_TIMED_OUT }
    expect(await node.ask('electLeaders', 2, elections)).toMatchObject(late)
    expect(await node.ask('addRaftVoter', 1, voter)).toMatchObject(late)
  })
})

describe('UpdateFeatures', () => {
  it('takes the permission to downgrade of version 0 for a safe downgrade', async () => {
    const asked: unknown[] = []
    node = await withController({
      async updateFeatures(request) {
        asked.push(...request.updates)
        return []
      },
    })
    const feature = { feature: 'f', maxVersionLevel: 1 }
    const ask = (version: number, update: object) =>
      node.ask('updateFeatures', version, {
        timeoutMs: 1000,
        featureUpdates: [{ ...feature, ...update }],
      })
    await ask(0, { allowDowngrade: true })
    await ask(0, { allowDowngrade: false })
    await ask(1, { upgradeType: 3 })
    expect(asked).toMatchObject([
      { upgradeType: 'safe-downgrade' },
      { upgradeType: 'upgrade' },
      { upgradeType: 'unsafe-downgrade' },
    ])
  })
})
