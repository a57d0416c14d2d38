// Writes records in the forms that record-input.ts reads. Gives bytes; writing them is the
// caller's.

import { writeJsonRecord } from './json-record.ts'
import { writeLengthPrefixed } from './length-prefixed.ts'
import type { ReadRecord, RecordFormat } from './record.ts'

/** What a line may show before its headers and key. */
export const shownFields = ['topic', 'partition', 'offset', 'timestamp'] as const
export type ShownField = (typeof shownFields)[number]

export interface OutputOptions {
  readonly delimiter: Buffer
  readonly keySeparator: Buffer | undefined
  readonly headers: boolean
  readonly nullText: Buffer | undefined
  readonly show: readonly ShownField[]
}

export type RecordFormatter = (record: ReadRecord) => Buffer | string

export function recordFormatter(format: RecordFormat, options: OutputOptions): RecordFormatter {
  if (format === 'json') return writeJsonRecord
  if (format === 'length-prefixed') return (record) => writeLengthPrefixed(record, options.headers)
  return (record) => formatLine(record, options)
}

const tab = Buffer.from('\t')
const empty = Buffer.alloc(0)

function formatLine(record: ReadRecord, options: OutputOptions): Buffer {
  const { delimiter, keySeparator, headers, nullText = empty, show } = options
  const parts: Buffer[] = []
  for (const field of show) parts.push(Buffer.from(fieldText(record, field)), tab)
  if (headers) {
    for (const [index, { key, value }] of record.headers.entries()) {
      parts.push(Buffer.from(`${index > 0 ? ',' : ''}${key}:`), value ?? nullText)
    }
    parts.push(tab)
  }
  if (keySeparator !== undefined) parts.push(record.key ?? nullText, keySeparator)
  parts.push(record.value ?? nullText, delimiter)
  return Buffer.concat(parts)
}

function fieldText(record: ReadRecord, field: ShownField): string {
  return String(field === 'timestamp' ? record.timestampMs : record[field])
}
