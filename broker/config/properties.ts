// Java's properties format, as java.util.Properties reads it: comments, continued lines, escapes,
// and `=`, `:` or a blank between key and value. Knows nothing of what the keys mean.

import { ConfigError } from './value.ts'

export interface Property {
  readonly key: string
  readonly value: string
  /** 1-based line that the property starts on. */
  readonly line: number
}

/** In file order, repeated keys included. Throws a ConfigError for a broken \u escape. */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = []
  for (const { text: logical, line } of logicalLines(text)) {
    const keyEnd = endOfKey(logical)
    const key = unescape(logical.slice(0, keyEnd), line)
    const value = unescape(logical.slice(startOfValue(logical, keyEnd)), line)
    properties.push({ key, value, line })
  }
  return properties
}

/** Text that parseProperties reads back as the same entries. */
export function formatProperties(entries: Iterable<readonly [key: string, value: string]>): string {
  let text = ''
  for (const [key, value] of entries) {
    text += `${escape(key).replace(/[ =:#!]/g, '\\$&')}=${escape(value).replace(/^ /, '\\ ')}\n`
  }
  return text
}

interface LogicalLine {
  readonly text: string
  readonly line: number
}

/**
 * Joins continued lines and drops blank ones and comments; leading white space is gone. What is
 * continued is joined once, at its end: a megabyte of short lines would take minutes otherwise.
 */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = []
  let parts: string[] = []
  let firstLine = 0
  const finish = () => {
    const joined = parts.join('')
    if (joined !== '') lines.push({ text: joined, line: firstLine })
    parts = []
  }
  for (const [index, natural] of text.split(/\r\n|\r|\n/).entries()) {
    const stripped = natural.replace(/^[ \t\f]+/, '')
    if (parts.length === 0) {
      if (stripped === '' || /^[#!]/.test(stripped)) continue
      firstLine = index + 1
    }
    const isContinued = backslashesAtEnd(stripped) % 2 === 1
    parts.push(isContinued ? stripped.slice(0, -1) : stripped)
    if (!isContinued) finish()
  }
  finish()
  return lines
}

/** An odd number of them means that the line goes on. */
function backslashesAtEnd(text: string): number {
  let count = 0
  while (text.charAt(text.length - 1 - count) === '\\') count++
  return count
}

function endOfKey(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index)
    if (char === '\\') index++
    else if ('=: \t\f'.includes(char)) return index
  }
  return text.length
}

/** White space, at most one separator, white space. */
function startOfValue(text: string, keyEnd: number): number {
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(text.slice(keyEnd))
  return keyEnd + (separator?.[0].length ?? 0)
}

const named: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string, line: number): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S])|$)/g, (_, hex, char: string = '') => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (char === 'u') throw new ConfigError(`Malformed \\uxxxx encoding on line ${line}`)
    return named[char] ?? char
  })
}

function escape(text: string): string {
  return text.replace(/[\\\t\n\r\f]/g, (char) => {
    const name = Object.keys(named).find((letter) => named[letter] === char)
    return `\\${name ?? char}`
  })
}
