// The small languages inside arguments: pairs, assignments, escapes, addresses, units, places in a
// log.

import { parseAddresses } from '@samsa/cli/client/addresses'
import { parseTarget } from '@samsa/cli/client/target'
import {
  isChosen,
  parseAssignment,
  parseNodeId,
  parsePair,
  parsePartitions,
  parseSeparator,
} from '@samsa/cli/command/arguments'
import { nearest } from '@samsa/cli/command/nearest'
import { parseListener } from '@samsa/cli/commands/quorum-add'
import {
  formatCount,
  formatDuration,
  formatSize,
  parseDurationMs,
  parseSizeBytes,
  parseTimeMs,
} from '@samsa/cli/units'
import { describe, expect, it } from 'vitest'

describe('pairs and assignments', () => {
  it('splits at the first equals sign', () => {
    expect(parsePair('--config', 'a=b=c')).toEqual(['a', 'b=c'])
    expect(parsePair('--config', 'a=')).toEqual(['a', ''])
  })

  it.each(['a', '=b', ''])('refuses the pair %j', (given) => {
    expect(() => parsePair('--config', given)).toThrow('NAME=VALUE')
  })

  it('reads the brokers of each partition', () => {
    expect(parseAssignment('1:2,2:3')).toEqual([
      [1, 2],
      [2, 3],
    ])
    expect(parseAssignment(undefined)).toEqual([])
    expect(() => parseAssignment('1:x')).toThrow("'x' is not a broker id")
  })
})

describe('separators', () => {
  it.each([
    ['\\n\\n', '0a0a'],
    ['\\t', '09'],
    ['\\0', '00'],
    ['\\\\', '5c'],
    ['\\xff\\x00', 'ff00'],
    ['ä:', 'c3a43a'],
    ['\n', '0a'],
  ])('reads %j', (given, hex) => {
    expect(parseSeparator('--delimiter', given).toString('hex')).toBe(hex)
  })

  it.each(['\\q', '\\', ''])('refuses %j', (given) => {
    expect(() => parseSeparator('--delimiter', given)).toThrow('--delimiter')
  })
})

describe('addresses', () => {
  it('reads hosts, ports and IPv6 in brackets', () => {
    expect(parseAddresses('a:1, [::1]:2,b,::1')).toEqual([
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
      { host: 'b', port: 9092 },
      { host: '::1', port: 9092 },
    ])
  })

  it.each(['', ',', 'a:0', 'a:70000', 'a:b', 'http://a:1'])('refuses %j', (given) => {
    expect(() => parseAddresses(given)).toThrow()
  })
})

describe('units', () => {
  it.each([
    ['250', 250],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('reads the duration %s', (given, expected) => {
    expect(parseDurationMs(given)).toBe(expected)
  })

  it.each(['', '-1s', '1w', 's'])('refuses the duration %j', (given) => {
    expect(() => parseDurationMs(given)).toThrow('duration')
  })

  it('reads times in ISO form and in milliseconds', () => {
    expect(parseTimeMs('2026-01-31T12:00:00Z')).toBe(Date.UTC(2026, 0, 31, 12))
    expect(parseTimeMs('1769860800000')).toBe(1_769_860_800_000)
    expect(parseTimeMs('12345')).toBeUndefined()
    expect(parseTimeMs('2026-99-99')).toBeUndefined()
  })

  it('prints sizes, counts and durations for people', () => {
    expect(formatSize(999)).toBe('999 B')
    expect(formatSize(51_900_000)).toBe('51.9 MB')
    expect(formatCount(1_234_567)).toBe('1,234,567')
    expect(formatDuration(1_540)).toBe('1.5 s')
    expect(formatDuration(125_000)).toBe('2 min 5 s')
  })
})

describe('partitions', () => {
  it('are those of a topic, all or some', () => {
    const choices = ['orders', 'bills:0,3-5'].map(parsePartitions)
    const chosen = (topic: string, index: number) => isChosen(choices, { topic, index })
    expect([chosen('orders', 7), chosen('bills', 0), chosen('bills', 4)]).toEqual([
      true,
      true,
      true,
    ])
    expect([chosen('bills', 1), chosen('others', 0)]).toEqual([false, false])
    expect(isChosen([], { topic: 'others', index: 0 })).toBe(true)
  })

  it.each([':1', '', 't:', 't:1-', 't:-1'])('are not %j', (given) => {
    expect(() => parsePartitions(given)).toThrow()
  })
})

describe('nodes and where they listen', () => {
  it('are read', () => {
    expect(parseNodeId('12')).toBe(12)
    expect(parseListener('CONTROLLER://node-4:9093')).toEqual({
      name: 'CONTROLLER',
      host: 'node-4',
      port: 9093,
    })
    expect(parseListener('CONTROLLER://[::1]:9093').host).toBe('::1')
  })

  it.each(['node-4:9093', 'C://node-4', 'C://:1', 'C://h:99999', '://h:1'])(
    'are refused as %s',
    (given) => {
      expect(() => parseListener(given)).toThrow('NAME://HOST:PORT')
    },
  )
})

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['1.5GB', 1_500_000_000],
    ['50 mb', 50_000_000],
    ['2kB', 2_000],
  ])('are read from %s', (given, sizeBytes) => {
    expect(parseSizeBytes(given)).toBe(sizeBytes)
  })

  it.each(['', '5XB', '-1', 'MB'])('are refused as %j', (given) => {
    expect(() => parseSizeBytes(given)).toThrow('is not a size')
  })
})

describe('places in a log', () => {
  it.each([
    ['earliest', { kind: 'earliest' }],
    ['beginning', { kind: 'earliest' }],
    ['end', { kind: 'latest' }],
    ['42', { kind: 'offset', offset: 42 }],
    ['-10', { kind: 'shift', by: -10 }],
    ['+3', { kind: 'shift', by: 3 }],
    ['2026-01-31', { kind: 'time', timeMs: Date.UTC(2026, 0, 31) }],
  ])('reads %s', (given, expected) => {
    expect(parseTarget('--from', given)).toEqual(expected)
  })

  it('refuses anything else', () => {
    expect(() => parseTarget('--from', 'yesterday')).toThrow("--from 'yesterday'")
  })
})

describe('the nearest word', () => {
  it('is named when it is near', () => {
    expect(nearest('tpic', ['group', 'topic'])).toBe('topic')
    expect(nearest('zzzzz', ['group', 'topic'])).toBeUndefined()
    expect(nearest('x', ['topic'])).toBeUndefined()
  })
})
