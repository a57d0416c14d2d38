// Records read from lines, JSON and length-prefixed bytes, and what is refused.

import { bytePattern } from '@samsa/cli/format/line-record'
import type { NewRecord, RecordFormat } from '@samsa/cli/format/record'
import { type LineInputOptions, recordReader } from '@samsa/cli/format/record-input'
import { describe, expect, it } from 'vitest'

const lines: LineInputOptions = {
  delimiter: Buffer.from('\n'),
  keySeparator: undefined,
  keyPattern: undefined,
  headers: false,
  nullText: undefined,
}

function readAll(
  format: RecordFormat,
  input: Buffer | string,
  options: Partial<LineInputOptions> = {},
): NewRecord[] {
  const reader = recordReader(format, { ...lines, ...options })
  return [...reader.push(Buffer.from(input)), ...reader.end()]
}

const values = (records: readonly NewRecord[]) =>
  records.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null])

describe('lines', () => {
  it('are values, with or without a last delimiter', () => {
    expect(values(readAll('line', 'a\nb'))).toEqual(values(readAll('line', 'a\nb\n')))
    expect(values(readAll('line', 'a\n\nb\n')).map(([, value]) => value)).toEqual(['a', '', 'b'])
    expect(readAll('line', '')).toEqual([])
  })

  it('split at the first key separator', () => {
    const records = readAll('line', 'k:v:w\n:x\n', { keySeparator: Buffer.from(':') })
    expect(values(records)).toEqual([
      ['k', 'v:w'],
      ['', 'x'],
    ])
  })

  it('name the record that has no key', () => {
    const options = { keySeparator: Buffer.from(':') }
    expect(() => readAll('line', 'a:b\nnothing\n', options)).toThrow('record 2 of the input')
  })

  it('take the key by a pattern over several lines of text, and leave the value as it is', () => {
    const stanzas = 'Package: one\nSize: 1\n\nSize: 2\nPackage: two\n\n'
    const records = readAll('line', stanzas, {
      delimiter: Buffer.from('\n\n'),
      keyPattern: bytePattern('^Package: (.+)$'),
    })
    expect(values(records)).toEqual([
      ['one', 'Package: one\nSize: 1'],
      ['two', 'Size: 2\nPackage: two'],
    ])
  })

  it('match patterns byte for byte in text that is no ASCII', () => {
    const records = readAll('line', 'Größe=ü\n', { keyPattern: bytePattern('^Größe=(.)') })
    // One byte of the two that ü has: patterns see bytes.
    expect(records[0]?.key?.toString('hex')).toBe('c3')
    const whole = readAll('line', 'Größe=ü\n', { keyPattern: bytePattern('^Größe=(.+)$') })
    expect(whole[0]?.key?.toString()).toBe('ü')
  })

  it('make null of the text for it, in key and value', () => {
    const options = { keySeparator: Buffer.from('='), nullText: Buffer.from('NULL') }
    expect(values(readAll('line', 'NULL=v\nk=NULL\n', options))).toEqual([
      [null, 'v'],
      ['k', null],
    ])
  })

  it('open with headers when these are asked for', () => {
    const [record] = readAll('line', 'a:1,b:\tvalue\n', { headers: true })
    expect(record?.headers.map(({ key, value }) => [key, value?.toString()])).toEqual([
      ['a', '1'],
      ['b', ''],
    ])
    expect(record?.value?.toString()).toBe('value')
    expect(() => readAll('line', 'value\n', { headers: true })).toThrow('no tab')
    expect(() => readAll('line', 'a\tvalue\n', { headers: true })).toThrow('name:value')
  })
})

describe('JSON', () => {
  it('has text or base64, null, headers, time and partition', () => {
    const text = JSON.stringify({
      key: 'k',
      valueBase64: '/wA=',
      headers: [{ key: 'h', value: null }],
      timestamp: 5,
      partition: 2,
    })
    const [record] = readAll('json', text)
    expect(record).toEqual({
      key: Buffer.from('k'),
      value: Buffer.from([255, 0]),
      headers: [{ key: 'h', value: null }],
      timestampMs: 5,
      partition: 2,
    })
  })

  it.each([
    ['{', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{"valu":"x"}', "unknown field 'valu'"],
    ['{"value":1}', "'value' is neither a string nor null"],
    ['{"value":"a","valueBase64":""}', 'both'],
    ['{"valueBase64":1}', 'not a string'],
    ['{"partition":-1}', "'partition'"],
    ['{"headers":{}}', 'not an array'],
    ['{"headers":[1]}', "no string 'key'"],
  ])('refuses %s', (line, message) => {
    expect(() => readAll('json', line)).toThrow(`record 1 of the input: `)
    expect(() => readAll('json', line)).toThrow(message)
  })
})

describe('length-prefixed bytes', () => {
  it('refuse to end within a record', () => {
    expect(() => readAll('length-prefixed', Buffer.from([0, 0, 0, 5, 1]))).toThrow(
      'within record 1',
    )
  })

  it('refuse sizes that cannot be', () => {
    expect(() => readAll('length-prefixed', 'plain text')).toThrow('is the input length-prefixed?')
  })

  it('refuse a number of headers that cannot be', () => {
    expect(() => readAll('length-prefixed', 'plain text', { headers: true })).toThrow('headers')
  })
})
