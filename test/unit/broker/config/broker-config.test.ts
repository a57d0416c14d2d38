// The typed view of a broker's settings: synonyms, layers, and that no effective key is left out.

import {
  brokerConfigOf,
  resolveBrokerConfig,
  withDynamicConfigs,
} from '@samsa/broker/config/broker-config'
import { brokerConfigs } from '@samsa/broker/config/broker-configs'
import { BrokerValues, fileLayer } from '@samsa/broker/config/layers'
import { topicServerDefaults } from '@samsa/broker/config/topic-configs'
import { describe, expect, it } from 'vitest'

const least = { 'node.id': '1', 'process.roles': 'broker,controller' }

function resolve(settings: Record<string, string> = {}) {
  return resolveBrokerConfig(fileLayer(new Map(Object.entries({ ...least, ...settings }))))
}

class RecordingValues extends BrokerValues {
  readonly asked = new Set<string>()

  override get(name: string) {
    this.asked.add(name)
    return super.get(name)
  }
}

describe('BrokerConfig', () => {
  it('reads every config that is said to have an effect, and no other', () => {
    const values = new RecordingValues(
      fileLayer(
        new Map(
          Object.entries({
            ...least,
            listeners: 'SASL_SSL://:9092',
            'advertised.listeners': 'SASL_SSL://localhost:9092',
          }),
        ),
      ),
    )
    brokerConfigOf(values)
    const read = new Set([...values.asked, ...Object.values(topicServerDefaults), 'broker.id'])
    const effective = brokerConfigs.definitions.filter(({ effect }) => effect === 'effective')
    expect(effective.map(({ name }) => name).filter((name) => !read.has(name))).toEqual([])
    const tiered = ['log.local.retention.bytes', 'log.local.retention.ms']
    const others = [...read].filter((name) => brokerConfigs.get(name)?.effect !== 'effective')
    expect(others.toSorted()).toEqual(tiered)
  })

  it('is made of plain numbers: "no limit" is the largest exact one', () => {
    expect(resolve().logFlushIntervalMs).toBe(Number.MAX_SAFE_INTEGER)
    expect(resolve({ 'log.flush.interval.ms': '5' }).logFlushIntervalMs).toBe(5)
  })

  it('takes the retention from milliseconds, then minutes, then hours', () => {
    expect(resolve().logRetentionMs).toBe(168 * 3_600_000)
    expect(resolve({ 'log.retention.hours': '2' }).logRetentionMs).toBe(7_200_000)
    const minutes = { 'log.retention.hours': '2', 'log.retention.minutes': '3' }
    expect(resolve(minutes).logRetentionMs).toBe(180_000)
    expect(resolve({ ...minutes, 'log.retention.ms': '4' }).logRetentionMs).toBe(4)
    expect(resolve({ ...minutes, 'log.retention.ms': '-7' }).logRetentionMs).toBe(-1)
  })

  it('takes log.dirs before log.dir, and the first of them for the metadata log', () => {
    expect(resolve({ 'log.dir': '/a' }).logDirs).toEqual(['/a'])
    const both = resolve({ 'log.dir': '/a', 'log.dirs': '/b, /c' })
    expect(both).toMatchObject({ logDirs: ['/b', '/c'], metadataLogDir: '/b' })
    expect(resolve({ 'metadata.log.dir': '/m' }).metadataLogDir).toBe('/m')
  })

  it('has limits of connections by host, addresses of version 6 included', () => {
    const config = resolve({ 'max.connections.per.ip.overrides': '::1:5, localhost:6' })
    expect([...config.maxConnectionsPerIpOverrides]).toEqual([
      ['::1', 5],
      ['localhost', 6],
    ])
  })

  it('has our own listeners as host and port', () => {
    const config = resolve({
      'samsa.http.listener': '127.0.0.1:29092',
      'samsa.grpc.listener': '[::1]:19092',
    })
    expect(config.httpListener).toEqual({ host: '127.0.0.1', port: 29092 })
    expect(config.grpcListener).toEqual({ host: '::1', port: 19092 })
    expect(resolve().httpListener).toBeNull()
    expect(() => resolve({ 'samsa.http.listener': 'nine' })).toThrow('Expected host:port')
  })
})

describe('dynamic configs', () => {
  const none = new Map<string, string>()

  it('win over the file, those of the broker over those of the cluster', () => {
    const config = resolve({ 'message.max.bytes': '1', 'log.retention.hours': '5' })
    const clusterDefault = new Map([
      ['message.max.bytes', '2'],
      ['log.retention.ms', '9'],
    ])
    const changed = withDynamicConfigs(config, { broker: none, clusterDefault })
    expect(changed.config).toMatchObject({ messageMaxBytes: 2, logRetentionMs: 9 })
    const broker = new Map([['message.max.bytes', '3']])
    expect(withDynamicConfigs(config, { broker, clusterDefault }).config.messageMaxBytes).toBe(3)
    expect(config.messageMaxBytes).toBe(1)
  })

  it('go when they are taken away', () => {
    const clusterDefault = new Map([['message.max.bytes', '2']])
    const changed = withDynamicConfigs(resolve(), { broker: none, clusterDefault }).config
    const back = withDynamicConfigs(changed, { broker: none, clusterDefault: none }).config
    expect(back.messageMaxBytes).toBe(1_048_588)
  })

  it('that cannot be used are left out and told, so that a node always starts', () => {
    const { config, warnings } = withDynamicConfigs(resolve(), {
      broker: new Map([
        ['message.max.bytes', 'many'],
        ['node.id', '9'],
        ['no.such', '1'],
        ['log.segment.bytes', '2000000'],
      ]),
      clusterDefault: none,
    })
    expect(config).toMatchObject({ messageMaxBytes: 1_048_588, nodeId: 1, logSegmentBytes: 2e6 })
    expect(warnings).toEqual([
      expect.stringContaining('message.max.bytes is ignored: Invalid value many'),
      'node.id is ignored: it cannot change on a running broker',
      'no.such is ignored: no such config',
    ])
  })
})
