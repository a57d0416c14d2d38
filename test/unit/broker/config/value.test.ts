// Typed values and their text, against what the JVM makes of them.

import { formatValue, parseValue } from '@samsa/broker/config/value'
import { describe, expect, it } from 'vitest'

describe('a long', () => {
  it('is a number up to 2^53 and a bigint beyond', () => {
    expect(parseValue('x', 'long', '9007199254740991')).toBe(9007199254740991)
    expect(parseValue('x', 'long', '9007199254740993')).toBe(9007199254740993n)
    expect(parseValue('x', 'long', '-9223372036854775808')).toBe(-9223372036854775808n)
  })

  it('keeps each digit of Kafka’s "no limit"', () => {
    const value = parseValue('x', 'long', '9223372036854775807')
    expect(formatValue('long', value)).toBe('9223372036854775807')
  })

  it('is refused past 64 bits, and when its text is absurdly long', () => {
    expect(() => parseValue('x', 'long', '9223372036854775808')).toThrow(
      'Not a number of type LONG',
    )
    expect(() => parseValue('x', 'long', '1'.repeat(1_000_000))).toThrow(
      'Not a number of type LONG',
    )
  })
})

describe('a double', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [9_999_999.9, '9999999.9'],
    [10_000_000, '1.0E7'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [-12_345_678, '-1.2345678E7'],
  ])('%d is printed as on the JVM', (value, text) => {
    expect(formatValue('double', value)).toBe(text)
  })
})

describe('a list', () => {
  it('drops blanks around commas and is empty for an empty text', () => {
    expect(parseValue('x', 'list', ' a , b,c ')).toEqual(['a', 'b', 'c'])
    expect(parseValue('x', 'list', '  ')).toEqual([])
    expect(formatValue('list', ['a', 'b'])).toBe('a,b')
  })
})

describe('white space', () => {
  it('is trimmed as Java does it: control characters go, a no-break space stays', () => {
    expect(parseValue('x', 'string', '\u0000\t a\u0001')).toBe('a')
    expect(parseValue('x', 'string', '\u00a0a')).toBe('\u00a0a')
  })
})

describe('a value that cannot be taken', () => {
  it('is named with its config, in Kafka’s words', () => {
    expect(() => parseValue('retention.ms', 'long', 'abc')).toThrow(
      'Invalid value abc for configuration retention.ms: Not a number of type LONG',
    )
    expect(() => parseValue('preallocate', 'boolean', 'yes')).toThrow(
      'Invalid value yes for configuration preallocate: Expected value to be either true or false',
    )
  })
})
