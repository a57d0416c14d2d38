// The server.properties of `samsa dev`: its own lines anew, the user's as they are.

import type { BrokerConfig } from '@samsa/broker/config/broker-config'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import {
  controllerCount,
  type DevCluster,
  type DevNode,
  devProperties,
  isDevProperties,
} from '@samsa/cli/serve/dev-properties'
import { describe, expect, it } from 'vitest'

const lone: DevCluster = {
  nodes: 1,
  host: '127.0.0.1',
  kafkaPort: 9092,
  grpcPort: 19_092,
  controllerPort: 24_092,
  httpPort: 29_092,
}
const node: DevNode = { cluster: lone, id: 1, logDir: '/data/node-1/logs' }

function member(id: number, nodes: number): DevNode {
  return { cluster: { ...lone, nodes }, id, logDir: `/data/node-${id}/logs` }
}

function load(text: string): BrokerConfig {
  return loadBrokerConfig({ text }).config
}

describe('devProperties', () => {
  it('is a configuration that loads, with what a single node needs', () => {
    const text = devProperties(node, undefined)
    const { config, warnings } = loadBrokerConfig({ text })
    expect(warnings).toEqual([])
    expect(config.listeners.map(({ port }) => port)).toEqual([9092])
    expect(config.httpListener).toEqual({ host: '127.0.0.1', port: 29_092 })
    expect(config.logDirs).toEqual(['/data/node-1/logs'])
    expect(config.offsetsTopicReplicationFactor).toBe(1)
    expect(isDevProperties(text)).toBe(true)
  })

  it('keeps what the user changed and added, and moves the ports', () => {
    const first = devProperties(node, undefined)
    const edited = `${first.replace(
      'group.initial.rebalance.delay.ms=0',
      'group.initial.rebalance.delay.ms=500',
    )}\nnum.partitions=6\nlisteners=PLAINTEXT://127.0.0.1:1\n`
    const again = devProperties({ ...node, cluster: { ...lone, kafkaPort: 9192 } }, edited)
    const { config, warnings } = loadBrokerConfig({ text: again })
    expect(warnings).toEqual([])
    expect(config.groupInitialRebalanceDelayMs).toBe(500)
    expect(config.numPartitions).toBe(6)
    expect(config.listeners.map(({ port }) => port)).toEqual([9192])
  })

  it('comes out the same from its own text', () => {
    const text = devProperties(node, undefined)
    expect(devProperties(node, text)).toBe(text)
  })
})

describe('devProperties of several nodes', () => {
  it('makes the first nodes controllers that know each other, an odd number of them', () => {
    expect([1, 2, 3, 4, 5, 9].map(controllerCount)).toEqual([1, 1, 3, 3, 5, 5])
    const configs = [1, 2, 3, 4].map((id) => load(devProperties(member(id, 4), undefined)))
    expect(configs.map(({ isController }) => isController)).toEqual([true, true, true, false])
    const voters = ['1@127.0.0.1:24092', '2@127.0.0.1:24093', '3@127.0.0.1:24094']
    for (const config of configs) expect(config.controllerQuorumVoters).toEqual(voters)
    expect(configs[1]?.controllerListeners).toMatchObject([{ port: 24_093 }])
    expect(configs[3]?.controllerListeners).toEqual([])
    expect(configs[3]?.listeners).toMatchObject([{ listener: 'PLAINTEXT', port: 9095 }])
    expect(configs[3]?.httpListener?.port).toBe(29_095)
  })

  it.each([
    { nodes: 2, copies: 2, inSync: 1 },
    { nodes: 3, copies: 3, inSync: 2 },
    { nodes: 5, copies: 3, inSync: 2 },
  ])('keeps $copies copies, $inSync in sync, on $nodes nodes', ({ nodes, copies, inSync }) => {
    const config = load(devProperties(member(1, nodes), undefined))
    expect(config).toMatchObject({
      defaultReplicationFactor: copies,
      minInsyncReplicas: inSync,
      offsetsTopicReplicationFactor: copies,
      transactionStateLogReplicationFactor: copies,
      transactionStateLogMinIsr: inSync,
    })
  })

  it('follows the number of nodes, but for what the user changed, added or took out', () => {
    const one = devProperties(member(1, 1), undefined)
      .replace('transaction.state.log.min.isr=1', 'transaction.state.log.min.isr=3')
      .replace('offsets.topic.replication.factor=1\n', '')
    const three = devProperties(member(1, 3), `${one}\nmin.insync.replicas=1\n`)
    expect(load(three)).toMatchObject({
      transactionStateLogMinIsr: 3,
      transactionStateLogReplicationFactor: 3,
      defaultReplicationFactor: 3,
      minInsyncReplicas: 1,
    })
    expect(three).not.toContain('offsets.topic.replication.factor')
    expect(devProperties(member(1, 3), three)).toBe(three)
    const back = devProperties(member(1, 1), three)
    expect(load(back)).toMatchObject({
      transactionStateLogReplicationFactor: 1,
      controllerQuorumVoters: [],
      minInsyncReplicas: 1,
    })
  })
})
