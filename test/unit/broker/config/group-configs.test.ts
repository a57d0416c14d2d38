// Bounds of a group's own configs, and the rules of client metrics subscriptions.

import { resolveBrokerConfig } from '@samsa/broker/config/broker-config'
import {
  groupValue,
  InvalidClientMetrics,
  validateClientMetrics,
  validateGroupOverrides,
} from '@samsa/broker/config/group-configs'
import { fileLayer } from '@samsa/broker/config/layers'
import { ConfigError } from '@samsa/broker/config/value'
import { describe, expect, it } from 'vitest'

function broker(settings: Record<string, string> = {}) {
  const least = { 'node.id': '1', 'process.roles': 'broker' }
  return resolveBrokerConfig(fileLayer(new Map(Object.entries({ ...least, ...settings }))))
}

function validate(settings: Record<string, string>, brokerSettings: Record<string, string> = {}) {
  validateGroupOverrides(broker(brokerSettings), new Map(Object.entries(settings)))
}

describe('a group’s configs', () => {
  it('follow the broker until they are set', () => {
    const name = 'consumer.session.timeout.ms'
    const server = broker({ 'group.consumer.session.timeout.ms': '50000' })
    expect(groupValue(server, new Map(), name)).toBe(50_000)
    expect(groupValue(server, new Map([[name, '46000']]), name)).toBe(46_000)
    expect(groupValue(server, new Map(), 'share.auto.offset.reset')).toBe('latest')
  })

  it.each([
    [{ 'consumer.session.timeout.ms': '1' }, 'group.consumer.min.session.timeout.ms'],
    [{ 'consumer.session.timeout.ms': '60001' }, 'group.consumer.max.session.timeout.ms'],
    [{ 'share.record.lock.duration.ms': '60001' }, 'group.share.max.record.lock.duration.ms'],
    [{ 'streams.num.standby.replicas': '3' }, 'group.streams.max.standby.replicas'],
    [{ 'share.delivery.count.limit': '1' }, 'Value must be at least 2'],
    [{ 'no.such': '1' }, 'Unknown group config name: no.such'],
  ])('refuse %j', (settings, message) => {
    expect(() => validate(settings)).toThrow(message)
  })

  it('must heartbeat within the session', () => {
    const bounds = { 'group.consumer.max.heartbeat.interval.ms': '60000' }
    expect(() => validate({ 'consumer.heartbeat.interval.ms': '45000' }, bounds)).toThrow(
      'consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms',
    )
    expect(() => validate({ 'consumer.heartbeat.interval.ms': '44999' }, bounds)).not.toThrow()
  })
})

describe('a client metrics subscription', () => {
  it.each([
    { 'interval.ms': '100' },
    { 'interval.ms': '3600000' },
    { metrics: 'org.apache.kafka.,*' },
    { match: 'client_id=foo.*, client_source_port=90[0-9]+' },
  ])('takes %j', (settings) => {
    expect(() => validateClientMetrics(new Map(Object.entries(settings)))).not.toThrow()
  })

  it.each([
    [{ 'interval.ms': '99' }, InvalidClientMetrics],
    [{ 'interval.ms': '3600001' }, InvalidClientMetrics],
    [{ 'no.such': '1' }, InvalidClientMetrics],
    [{ 'interval.ms': 'abc' }, ConfigError],
    [{ match: 'foo=bar' }, ConfigError],
    [{ match: 'client_id' }, ConfigError],
    [{ match: 'client_id=[' }, ConfigError],
  ])('refuses %j', (settings, kind) => {
    expect(() => validateClientMetrics(new Map(Object.entries(settings)))).toThrow(kind)
  })
})
