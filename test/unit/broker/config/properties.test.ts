// Java's properties format, read as java.util.Properties reads it.

import { formatProperties, parseProperties } from '@samsa/broker/config/properties'
import { describe, expect, it } from 'vitest'

function entries(text: string): [string, string][] {
  return parseProperties(text).map(({ key, value }) => [key, value])
}

describe('properties', () => {
  it.each([
    ['a=1', 'a', '1'],
    ['a:1', 'a', '1'],
    ['a 1', 'a', '1'],
    ['a\t=\t1', 'a', '1'],
    ['   a = 1', 'a', '1'],
    ['a', 'a', ''],
    ['a=', 'a', ''],
    ['=1', '', '1'],
    ['a==1', 'a', '=1'],
    ['a= :1', 'a', ':1'],
    ['a=1 ', 'a', '1 '],
    ['a\\ b\\=c=1', 'a b=c', '1'],
    ['a=PLAINTEXT://h:9092', 'a', 'PLAINTEXT://h:9092'],
    ['a=x#y', 'a', 'x#y'],
    ['a=\\t\\n\\r\\f\\z\\\\', 'a', '\t\n\r\fz\\'],
    ['a=\\u00e9\\u4E2D', 'a', 'é中'],
    ['a=é中', 'a', 'é中'],
  ])('read %j', (text, key, value) => {
    expect(entries(text)).toEqual([[key, value]])
  })

  it('skip blank lines and comments', () => {
    expect(entries('# a=1\n\n  ! b=2\n \t\nc=3\n')).toEqual([['c', '3']])
  })

  it('join lines that end in a backslash, without the blanks that the next one starts with', () => {
    expect(entries('a=1,\\\n   2,\\\r\n\t3\nb=4')).toEqual([
      ['a', '1,2,3'],
      ['b', '4'],
    ])
  })

  it('do not join after an escaped backslash', () => {
    expect(entries('a=1\\\\\nb=2')).toEqual([
      ['a', '1\\'],
      ['b', '2'],
    ])
  })

  it('take a line that looks like a comment as the rest of a joined one', () => {
    expect(entries('a=1\\\n#2')).toEqual([['a', '1#2']])
  })

  it('end a file in the middle of a joined line without complaint', () => {
    expect(entries('a=1\\')).toEqual([['a', '1']])
  })

  it('know line ends of all three kinds', () => {
    expect(entries('a=1\rb=2\r\nc=3\n')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ])
  })

  it('tell the line that each one starts on', () => {
    expect(parseProperties('#\na=1\\\n2\nb=3').map(({ line }) => line)).toEqual([2, 4])
  })

  it('refuse a broken unicode escape, with its line', () => {
    expect(() => parseProperties('a=1\nb=\\u12g4')).toThrow('line 2')
  })

  it('are written so that they are read back', () => {
    const all: [string, string][] = [
      ['a', ' x '],
      ['b=c:d e', 'C:\\logs'],
      ['#f', '!\n\t'],
      ['g', ''],
    ]
    expect(entries(formatProperties(all))).toEqual(all)
  })
})
