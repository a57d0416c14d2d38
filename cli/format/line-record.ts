// A record in delimited text: optional headers, an optional key, the value. Works on bytes: nothing
// is decoded, so that whatever lies between the separators comes out as it went in.

import { CommandError } from '../errors.ts'
import type { Header, NewRecord } from './record.ts'
import type { LineInputOptions } from './record-input.ts'

const tab = 0x09
const noHeaders: readonly Header[] = []

export class LineRecordParser {
  readonly #options: LineInputOptions

  constructor(options: LineInputOptions) {
    this.#options = options
  }

  parse(bytes: Buffer): NewRecord {
    const { headers: withHeaders, keySeparator, keyPattern } = this.#options
    let rest = bytes
    let headers = noHeaders
    if (withHeaders) {
      const end = bytes.indexOf(tab)
      if (end < 0) throw new CommandError('no tab after the headers')
      headers = parseHeaders(bytes.subarray(0, end))
      rest = bytes.subarray(end + 1)
    }
    let key: Buffer | null = null
    if (keySeparator !== undefined) {
      const end = rest.indexOf(keySeparator)
      if (end < 0) throw new CommandError('no key: the --key-separator is not in it')
      key = this.#orNull(rest.subarray(0, end))
      rest = rest.subarray(end + keySeparator.length)
    } else if (keyPattern !== undefined) {
      key = keyByPattern(keyPattern, rest)
    }
    return {
      key,
      value: this.#orNull(rest),
      headers,
      timestampMs: undefined,
      partition: undefined,
    }
  }

  #orNull(bytes: Buffer): Buffer | null {
    const { nullText } = this.#options
    return nullText !== undefined && bytes.equals(nullText) ? null : bytes
  }
}

/**
 * A pattern to use on bytes read as Latin-1, where each byte is one character: nothing is lost on
 * the way.
 */
export function bytePattern(source: string): RegExp {
  return new RegExp(Buffer.from(source).toString('latin1'), 'm')
}

function keyByPattern(pattern: RegExp, bytes: Buffer): Buffer {
  const key = pattern.exec(bytes.toString('latin1'))?.[1]
  if (key === undefined) throw new CommandError('no key: the --key-pattern does not match')
  return Buffer.from(key, 'latin1')
}

function parseHeaders(bytes: Buffer): Header[] {
  if (bytes.length === 0) return []
  return bytes
    .toString('latin1')
    .split(',')
    .map((pair) => {
      const at = pair.indexOf(':')
      if (at < 0) throw new CommandError(`header '${pair}' is not of the form name:value`)
      const key = Buffer.from(pair.slice(0, at), 'latin1').toString()
      return { key, value: Buffer.from(pair.slice(at + 1), 'latin1') }
    })
}
