// The server.properties of `samsa dev`: its own lines anew, the user's as they are.

import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { devProperties, isDevProperties } from '@samsa/cli/serve/dev-properties'
import { describe, expect, it } from 'vitest'

const node = {
  id: 1,
  host: '127.0.0.1',
  kafkaPort: 9092,
  grpcPort: 19_092,
  httpPort: 29_092,
  logDir: '/data/node-1/logs',
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
    const again = devProperties({ ...node, kafkaPort: 9192 }, edited)
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
