// Every outcome in the tables below is what Apache Kafka 4.3.1 answered to the same change, unless
// a line says that it is ours.

import { applyChanges, replaceOverrides } from '@samsa/broker/config/alter'
import { resolveBrokerConfig } from '@samsa/broker/config/broker-config'
import { fileLayer } from '@samsa/broker/config/layers'
import type { ConfigResource, ConfigResourceType } from '@samsa/controller/image'
import type { ConfigOperation } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'

const broker = resolveBrokerConfig(
  fileLayer(
    new Map([
      ['node.id', '1'],
      ['process.roles', 'broker,controller'],
    ]),
  ),
)

function resource(text: string): ConfigResource {
  const separator = text.indexOf(':')
  return { type: text.slice(0, separator) as ConfigResourceType, name: text.slice(separator + 1) }
}

function alter(
  target: string,
  operation: ConfigOperation,
  settings: Record<string, string | null>,
  current: Record<string, string> = {},
) {
  const changes = Object.entries(settings).map(([name, value]) => ({ name, operation, value }))
  return applyChanges(broker, resource(target), new Map(Object.entries(current)), changes)
}

function errorOf(outcome: ReturnType<typeof alter>): string {
  return outcome.type === 'refused' ? outcome.error : 'NONE'
}

const topic = 'topic:t'
const cluster = 'broker:'
const node = 'broker:1'
const group = 'group:g'
const metrics = 'client-metrics:m'

describe('setting a config', () => {
  it.each<[string, Record<string, string | null>, string]>([
    [topic, { 'retention.ms': '-1' }, 'NONE'],
    [topic, { 'retention.ms': '-5' }, 'INVALID_CONFIG'],
    [topic, { 'retention.ms': '' }, 'INVALID_CONFIG'],
    [topic, { 'retention.ms': null }, 'INVALID_REQUEST'],
    [topic, { 'no.such': '1' }, 'INVALID_CONFIG'],
    [topic, { 'cleanup.policy': '' }, 'NONE'],
    [topic, { 'cleanup.policy': 'delete,delete' }, 'NONE'],
    [topic, { 'cleanup.policy': 'delete,' }, 'INVALID_CONFIG'],
    [topic, { preallocate: 'TRUE' }, 'NONE'],
    [topic, { 'remote.storage.enable': 'true' }, 'INVALID_CONFIG'],
    [topic, { 'internal.segment.bytes': '500' }, 'NONE'],
    [topic, { 'min.compaction.lag.ms': '9', 'max.compaction.lag.ms': '5' }, 'INVALID_CONFIG'],
    ['topic:', { 'retention.ms': '5' }, 'INVALID_REQUEST'],
    [node, { 'node.id': '3' }, 'INVALID_REQUEST'],
    [node, { 'log.dirs': '/x' }, 'INVALID_REQUEST'],
    [node, { 'log.segment.bytes': 'abc' }, 'INVALID_REQUEST'],
    [cluster, { 'log.segment.bytes': '2000000' }, 'NONE'],
    [node, { 'ssl.keystore.location': '/x' }, 'INVALID_REQUEST'],
    [cluster, { 'listener.name.plaintext.ssl.keystore.location': '/x' }, 'INVALID_REQUEST'],
    [node, { 'listener.name.plaintext.ssl.keystore.location': '/x' }, 'NONE'],
    [cluster, { 'listener.name.plaintext.max.connections': '33' }, 'NONE'],
    [cluster, { listeners: 'PLAINTEXT://:1' }, 'INVALID_REQUEST'],
    [cluster, { 'sasl.enabled.mechanisms': 'PLAIN' }, 'INVALID_REQUEST'],
    [node, { 'sasl.enabled.mechanisms': 'PLAIN' }, 'NONE'],
    [cluster, { 'max.connections.per.ip': '0' }, 'INVALID_REQUEST'],
    [cluster, { 'follower.replication.throttled.rate': '77' }, 'NONE'],
    [cluster, { 'log.retention.ms': '0' }, 'INVALID_REQUEST'],
    [cluster, { 'log.retention.ms': '5000' }, 'NONE'],
    [cluster, { 'unclean.leader.election.enable': 'maybe' }, 'INVALID_REQUEST'],
    ['broker:x', { 'log.cleaner.threads': '2' }, 'INVALID_REQUEST'],
    [group, { 'consumer.session.timeout.ms': '60000' }, 'NONE'],
    [group, { 'consumer.session.timeout.ms': '1' }, 'INVALID_CONFIG'],
    [group, { 'no.such': '1' }, 'INVALID_CONFIG'],
    ['group:', { 'consumer.session.timeout.ms': '60000' }, 'INVALID_REQUEST'],
    [metrics, { 'interval.ms': '1000' }, 'NONE'],
    [metrics, { 'interval.ms': '50' }, 'INVALID_REQUEST'],
    [metrics, { 'interval.ms': 'abc' }, 'INVALID_CONFIG'],
    [metrics, { match: 'foo=bar' }, 'INVALID_CONFIG'],
    [metrics, { 'no.such': '1' }, 'INVALID_REQUEST'],
    ['client-metrics:', { 'interval.ms': '500' }, 'INVALID_REQUEST'],
  ])('of %s to %j ends with %s', (target, settings, error) => {
    expect(errorOf(alter(target, 'set', settings))).toBe(error)
  })

  it('that no broker knows is refused; Kafka would keep it for a plug-in', () => {
    expect(errorOf(alter(cluster, 'set', { 'my.unknown': '1' }))).toBe('INVALID_REQUEST')
  })

  it('of listeners is refused, as they are opened at the start; Kafka would open others', () => {
    expect(errorOf(alter(node, 'set', { listeners: 'PLAINTEXT://:1' }))).toBe('INVALID_REQUEST')
  })

  it('that safety depends on is refused', () => {
    expect(errorOf(alter(cluster, 'set', { 'config.providers': 'file' }))).toBe('INVALID_REQUEST')
  })

  it('of a logger is refused: there is one level for all', () => {
    expect(errorOf(alter('broker-logger:1', 'set', { kafka: 'DEBUG' }))).toBe('INVALID_REQUEST')
  })

  it('twice in one request is refused', () => {
    const change = { name: 'retention.ms', operation: 'set', value: '5' } as const
    const outcome = applyChanges(broker, resource(topic), new Map(), [change, change])
    expect(errorOf(outcome)).toBe('INVALID_REQUEST')
  })

  it('leaves the others and the given map as they were', () => {
    const current = new Map([['retention.bytes', '7']])
    const changes = [{ name: 'retention.ms', operation: 'set', value: '5' }] as const
    expect(applyChanges(broker, resource(topic), current, changes)).toEqual({
      type: 'accepted',
      overrides: new Map([
        ['retention.bytes', '7'],
        ['retention.ms', '5'],
      ]),
    })
    expect(current.size).toBe(1)
  })

  it('is judged together with what other layers say', () => {
    const withOverride = resolveBrokerConfig({
      ...broker.values.layers,
      dynamicDefault: new Map([['max.connections.per.ip.overrides', '127.0.0.1:5']]),
    })
    const changes = [{ name: 'max.connections.per.ip', operation: 'set', value: '0' }] as const
    expect(errorOf(applyChanges(withOverride, resource(node), new Map(), changes))).toBe('NONE')
  })
})

describe('deleting a config', () => {
  it('takes it away', () => {
    const outcome = alter(topic, 'delete', { 'retention.ms': null }, { 'retention.ms': '5' })
    expect(outcome).toEqual({ type: 'accepted', overrides: new Map() })
  })

  it.each([
    [topic, 'no.such'],
    [cluster, 'node.id'],
    [cluster, 'log.segment.bytes'],
    [group, 'no.such'],
  ])('of %s that is not set is no error: %s', (target, name) => {
    expect(errorOf(alter(target, 'delete', { [name]: '' }))).toBe('NONE')
  })
})

describe('appending and subtracting', () => {
  it.each<[ConfigOperation, string, string | undefined, string]>([
    ['append', 'compact', undefined, 'delete,compact'],
    ['append', 'compact', 'delete,compact', 'delete,compact'],
    ['append', 'compact', '', 'compact'],
    ['subtract', 'compact', 'delete,compact', 'delete'],
    ['subtract', 'delete', 'delete,delete,compact', 'delete,compact'],
    ['subtract', 'delete', undefined, ''],
  ])('%s %j to %j makes %j', (operation, value, before, after) => {
    const current: Record<string, string> = before === undefined ? {} : { 'cleanup.policy': before }
    const outcome = alter(topic, operation, { 'cleanup.policy': value }, current)
    expect(outcome).toEqual({ type: 'accepted', overrides: new Map([['cleanup.policy', after]]) })
  })

  it.each([
    [topic, 'cleanup.policy', 'foo'],
    [topic, 'retention.ms', '5'],
    [topic, 'no.such', '5'],
    [cluster, 'log.segment.bytes', '5'],
    [cluster, 'no.such', '5'],
    [group, 'consumer.session.timeout.ms', '5'],
    [metrics, 'metrics', 'c'],
  ])('to %s %s is refused', (target, name, value) => {
    expect(errorOf(alter(target, 'append', { [name]: value }))).toBe('INVALID_CONFIG')
  })
})

describe('a change of another broker, at the active controller', () => {
  it('is checked by its values, and not against the file of this node', () => {
    const elsewhere = { 'cordoned.log.dirs': '/not/on/this/node' }
    expect(errorOf(alter(node, 'set', elsewhere))).toBe('INVALID_REQUEST')
    expect(errorOf(alter('broker:2', 'set', elsewhere))).toBe('NONE')
    expect(errorOf(alter('broker:2', 'set', { 'log.cleaner.threads': 'x' }))).toBe(
      'INVALID_REQUEST',
    )
    expect(errorOf(alter('broker:2', 'set', { 'node.id': '3' }))).toBe('INVALID_REQUEST')
  })
})

describe('replacing all configs', () => {
  it('keeps only what is given', () => {
    const entries = [{ name: 'retention.ms', value: '5' }]
    expect(replaceOverrides(broker, resource(topic), entries)).toEqual({
      type: 'accepted',
      overrides: new Map([['retention.ms', '5']]),
    })
  })

  it.each([
    [topic, 'no.such', 'INVALID_CONFIG'],
    [node, 'node.id', 'INVALID_REQUEST'],
    ['broker:2', 'node.id', 'INVALID_REQUEST'],
  ])('is refused for %s with %s', (target, name, error) => {
    const outcome = replaceOverrides(broker, resource(target), [{ name, value: '1' }])
    expect(errorOf(outcome)).toBe(error)
  })

  it('takes no null for a value', () => {
    const outcome = replaceOverrides(broker, resource(topic), [
      { name: 'retention.ms', value: null },
    ])
    expect(errorOf(outcome)).toBe('INVALID_REQUEST')
  })
})
