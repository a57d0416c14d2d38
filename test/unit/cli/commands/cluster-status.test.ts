// What `samsa cluster status` makes of a cluster: which nodes there are, and what is wrong.

import type { PartitionState } from '@samsa/cli/client/partitions'
import type { Quorum } from '@samsa/cli/client/quorum'
import { healthOf, nodesOf, problemsOf } from '@samsa/cli/commands/cluster-status'
import { describe, expect, it } from 'vitest'

function partition(topic: string, index: number, of: Partial<PartitionState> = {}): PartitionState {
  const replicas = of.replicas ?? [1, 2, 3]
  const base = {
    isInternal: false,
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    elr: [],
    offline: [],
  }
  return { topic, index, ...base, replicas, isr: replicas, ...of }
}

const member = {
  directoryId: 'd',
  isVoter: true,
  logEndOffset: 9,
  lastFetchMs: 0,
  lastCaughtUpMs: 0,
}
const quorum: Quorum = {
  leaderId: 4,
  epoch: 2,
  highWatermark: 9,
  members: [
    { ...member, id: 1, listeners: [{ name: 'CONTROLLER', host: 'one', port: 19_093 }] },
    { ...member, id: 4, listeners: [{ name: 'CONTROLLER', host: 'four', port: 19_093 }] },
    { ...member, id: 9, isVoter: false, listeners: [] },
  ],
}
const broker = (id: number, fenced = false) => ({
  id,
  host: `broker-${id}`,
  port: 9092,
  rack: null,
  fenced,
})
const disk = { sizes: new Map(), usedBytes: 5, usableBytes: null, failedDirs: [] }

describe('the nodes of a cluster', () => {
  const partitions = [
    partition('a', 0),
    partition('a', 1, { replicas: [2, 1], isr: [1], leader: 1 }),
  ]
  const state = {
    clusterId: 'c',
    features: [],
    brokers: [broker(1), broker(2, true), broker(3)],
  }
  const sizes = new Map([[1, { ...disk, failedDirs: ['/data/b'] }]])
  const supports = new Map([[1, [{ name: 'metadata.version', min: 7, max: 30 }]]])
  const nodes = nodesOf({ state, quorum, partitions, sizes, supports })

  it('are its brokers and its controllers, each once', () => {
    expect(nodes).toMatchObject([
      { id: 1, roles: ['broker', 'controller'], address: 'broker-1:9092', state: 'up' },
      { id: 2, roles: ['broker'], state: 'fenced' },
      { id: 3, roles: ['broker'], state: 'down', supports: null },
      { id: 4, roles: ['controller'], address: 'four:19093', state: 'controller' },
    ])
  })

  it('carry what the partitions say', () => {
    expect(nodes).toMatchObject([
      { leaders: 2, replicas: 2, outOfSync: 0, usedBytes: 5 },
      { leaders: 0, replicas: 2, outOfSync: 1, usedBytes: null },
      { leaders: 0, replicas: 1, outOfSync: 0, usedBytes: null },
      { leaders: 0, replicas: 0, outOfSync: 0, usedBytes: null },
    ])
  })

  it('have their troubles told, the worst of the partitions first', () => {
    const health = healthOf(
      [
        ...partitions,
        partition('b', 0, { isr: [], leader: -1 }),
        partition('b', 1, { replicas: [1], isr: [1] }),
      ],
      new Map([
        ['a', 2],
        ['b', 2],
      ]),
    )
    expect(health).toEqual({
      topics: 2,
      partitions: 4,
      underReplicated: 2,
      belowMinInsync: 2,
      leaderless: 1,
    })
    expect(problemsOf(nodes, health)).toEqual([
      'broker 1: /data/b has failed',
      'broker 2 is fenced',
      'broker 3 is down',
      '1 partition without a leader',
      '2 partitions with fewer replicas in sync than min.insync.replicas',
      '2 partitions with replicas out of sync',
    ])
  })

  it('are well when there is nothing to tell', () => {
    const well = nodesOf({
      state: { ...state, brokers: [broker(1)] },
      quorum,
      partitions: [],
      sizes: new Map([[1, disk]]),
      supports,
    })
    expect(problemsOf(well, healthOf([], new Map()))).toEqual([])
    expect(problemsOf([], healthOf([], new Map()))).toEqual(['there is no broker'])
  })
})
