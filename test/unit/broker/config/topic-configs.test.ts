// A topic's settings out of its overrides and its broker's settings.

import { resolveBrokerConfig } from '@samsa/broker/config/broker-config'
import { fileLayer } from '@samsa/broker/config/layers'
import {
  resolveTopicConfig,
  topicConfigs,
  topicText,
  validateTopicOverrides,
} from '@samsa/broker/config/topic-configs'
import { describe, expect, it } from 'vitest'

function broker(settings: Record<string, string> = {}) {
  const least = { 'node.id': '1', 'process.roles': 'broker' }
  return resolveBrokerConfig(fileLayer(new Map(Object.entries({ ...least, ...settings }))))
}

function overrides(settings: Record<string, string>) {
  return new Map(Object.entries(settings))
}

const none = new Map<string, string>()

describe('a topic without overrides', () => {
  it('has Kafka’s defaults on a broker without settings', () => {
    for (const { name, internal, type } of topicConfigs.definitions) {
      if (internal) continue
      const text = topicText(broker(), none, name)
      expect(text, `${name} (${type})`).toBe(
        topicText(broker(), overrides({ [name]: text ?? '' }), name),
      )
    }
    expect(resolveTopicConfig(broker(), none)).toMatchObject({
      cleanupPolicy: { compact: false, delete: true },
      compressionType: 'producer',
      flushMessages: Number.MAX_SAFE_INTEGER,
      flushMs: Number.MAX_SAFE_INTEGER,
      maxMessageBytes: 1_048_588,
      messageTimestampType: 'CreateTime',
      minInsyncReplicas: 1,
      retentionBytes: -1,
      retentionMs: 604_800_000,
      segmentBytes: 1_073_741_824,
      segmentMs: 604_800_000,
    })
  })

  it.each([
    [{ 'log.retention.hours': '1' }, { retentionMs: 3_600_000 }],
    [{ 'log.retention.minutes': '2', 'log.retention.hours': '1' }, { retentionMs: 120_000 }],
    [{ 'log.retention.ms': '-3' }, { retentionMs: -1 }],
    [{ 'log.roll.hours': '1', 'log.roll.jitter.hours': '2' }, { segmentMs: 3_600_000 }],
    [{ 'log.roll.jitter.hours': '2' }, { segmentJitterMs: 7_200_000 }],
    [{ 'log.flush.scheduler.interval.ms': '8' }, { flushMs: 8 }],
    [{ 'log.flush.interval.ms': '7', 'log.flush.scheduler.interval.ms': '8' }, { flushMs: 7 }],
    [{ 'message.max.bytes': '99' }, { maxMessageBytes: 99 }],
    [{ 'log.segment.delete.delay.ms': '9' }, { fileDeleteDelayMs: 9 }],
    [{ 'log.index.size.max.bytes': '44' }, { segmentIndexBytes: 44 }],
    [{ 'log.cleaner.min.cleanable.ratio': '.25' }, { minCleanableDirtyRatio: 0.25 }],
    [{ 'log.cleanup.policy': 'compact' }, { cleanupPolicy: { compact: true, delete: false } }],
    [{ 'min.insync.replicas': '2' }, { minInsyncReplicas: 2 }],
  ])('follows the broker’s %j', (settings, expected) => {
    expect(resolveTopicConfig(broker(settings), none)).toMatchObject(expected)
  })
})

describe('a topic’s overrides', () => {
  it('win over the broker', () => {
    const topic = overrides({ 'retention.ms': '5', 'cleanup.policy': 'compact,delete' })
    expect(resolveTopicConfig(broker({ 'log.retention.ms': '9' }), topic)).toMatchObject({
      retentionMs: 5,
      cleanupPolicy: { compact: true, delete: true },
    })
  })

  it('keep each digit in what is answered', () => {
    const topic = overrides({ 'retention.bytes': '9223372036854775807' })
    expect(topicText(broker(), topic, 'retention.bytes')).toBe('9223372036854775807')
    const server = broker({ 'log.retention.ms': '9007199254740993' })
    expect(topicText(server, none, 'retention.ms')).toBe('9007199254740993')
  })

  it('may ask for no clean-up at all', () => {
    const topic = overrides({ 'cleanup.policy': '' })
    expect(resolveTopicConfig(broker(), topic).cleanupPolicy).toEqual({
      compact: false,
      delete: false,
    })
  })

  it('may ask for segments smaller than users may have, for tests', () => {
    const topic = overrides({ 'internal.segment.bytes': '500', 'segment.bytes': '2000000' })
    expect(resolveTopicConfig(broker(), topic).segmentBytes).toBe(500)
  })
})

describe('validation', () => {
  it.each([
    [{ 'no.such': '1' }, 'Unknown topic config name: no.such'],
    [{ 'retention.ms': '-5' }, 'Value must be at least -1'],
    [{ 'segment.bytes': '1048575' }, 'Value must be at least 1048576'],
    [{ 'min.insync.replicas': '0' }, 'Value must be at least 1'],
    [
      { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' },
      'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
    ],
    [{ 'remote.storage.enable': ' TRUE ' }, 'Tiered Storage functionality is disabled'],
  ])('refuses %j', (settings, message) => {
    expect(() => validateTopicOverrides(broker(), overrides(settings))).toThrow(message)
  })

  it('sees the broker’s half of a conflict', () => {
    const server = broker({ 'log.cleaner.max.compaction.lag.ms': '5' })
    const topic = overrides({ 'min.compaction.lag.ms': '9007199254740993' })
    expect(() => validateTopicOverrides(server, topic)).toThrow('(9007199254740993) >')
    expect(() => validateTopicOverrides(broker(), topic)).not.toThrow()
  })
})
