// A record as a JSON object on a line. Bytes that are UTF-8 stand as text in `key`, `value`; others
// in base64 in `keyBase64`, `valueBase64`; null is null. What is printed in this form is read back
// the same.

import { isUtf8 } from 'node:buffer'
import { CommandError } from '../errors.ts'
import type { Header, NewRecord, ReadRecord } from './record.ts'

type Fields = Readonly<Record<string, unknown>>

const knownFields: ReadonlySet<string> = new Set([
  'topic',
  'partition',
  'offset',
  'timestamp',
  'headers',
  'key',
  'keyBase64',
  'value',
  'valueBase64',
])

export function readJsonRecord(bytes: Buffer): NewRecord {
  const fields = parseObject(bytes.toString())
  const unknown = Object.keys(fields).find((name) => !knownFields.has(name))
  if (unknown !== undefined) throw new CommandError(`unknown field '${unknown}'`)
  return {
    key: readBytes(fields, 'key'),
    value: readBytes(fields, 'value'),
    headers: readHeaders(fields.headers),
    timestampMs: readInteger(fields, 'timestamp'),
    partition: readInteger(fields, 'partition'),
  }
}

export function writeJsonRecord(record: ReadRecord): string {
  return `${JSON.stringify({
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestampMs,
    headers: record.headers.map(({ key, value }) => ({ key, ...writeBytes('value', value) })),
    ...writeBytes('key', record.key),
    ...writeBytes('value', record.value),
  })}\n`
}

function parseObject(text: string): Fields {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new CommandError(`not JSON: ${(error as Error).message}`)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Fields
  throw new CommandError('not a JSON object')
}

function readBytes(fields: Fields, name: string): Buffer | null {
  const text = fields[name]
  const base64 = fields[`${name}Base64`]
  if (text !== undefined && base64 !== undefined) {
    throw new CommandError(`both '${name}' and '${name}Base64'`)
  }
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  if (base64 !== undefined) throw new CommandError(`'${name}Base64' is not a string`)
  if (text === undefined || text === null) return null
  if (typeof text === 'string') return Buffer.from(text)
  // An object or number as the value is most likely meant as its JSON, but a guess would not
  // round-trip.
  throw new CommandError(`'${name}' is neither a string nor null`)
}

function readInteger(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new CommandError(`'${name}' is not a whole number from 0`)
}

function readHeaders(given: unknown): Header[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw new CommandError("'headers' is not an array")
  return given.map((header: unknown) => {
    const fields = typeof header === 'object' && header !== null ? (header as Fields) : {}
    if (typeof fields.key !== 'string') throw new CommandError("a header has no string 'key'")
    return { key: fields.key, value: readBytes(fields, 'value') }
  })
}

function writeBytes(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  if (isUtf8(bytes)) return { [name]: bytes.toString() }
  return { [`${name}Base64`]: bytes.toString('base64') }
}
