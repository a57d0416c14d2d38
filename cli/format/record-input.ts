// Reads records from bytes: a line each, a JSON object a line, or length-prefixed. A reader takes
// chunks as they come and gives the records that they complete; what it refuses it names by the
// record's number in the input.

import { CommandError } from '../errors.ts'
import { readJsonRecord } from './json-record.ts'
import { LengthPrefixedReader } from './length-prefixed.ts'
import { LineRecordParser } from './line-record.ts'
import type { NewRecord, RecordFormat } from './record.ts'
import { Splitter } from './splitter.ts'

export interface RecordReader {
  push(chunk: Buffer): Iterable<NewRecord>
  /** The end of the input: a last record without its delimiter. */
  end(): Iterable<NewRecord>
}

export interface LineInputOptions {
  readonly delimiter: Buffer
  readonly keySeparator: Buffer | undefined
  /** Its first group is the key of a record. */
  readonly keyPattern: RegExp | undefined
  /** Records open with headers: name:value,name:value and a tab. */
  readonly headers: boolean
  /** A key or value that is these bytes is null. */
  readonly nullText: Buffer | undefined
}

export function recordReader(format: RecordFormat, options: LineInputOptions): RecordReader {
  if (format === 'length-prefixed') return new LengthPrefixedReader(options.headers)
  if (format === 'json') return new DelimitedReader(Buffer.from('\n'), readJsonRecord)
  const parser = new LineRecordParser(options)
  return new DelimitedReader(options.delimiter, (bytes) => parser.parse(bytes))
}

class DelimitedReader implements RecordReader {
  readonly #splitter: Splitter
  readonly #parse: (bytes: Buffer) => NewRecord
  #count = 0

  constructor(delimiter: Buffer, parse: (bytes: Buffer) => NewRecord) {
    this.#splitter = new Splitter(delimiter)
    this.#parse = parse
  }

  *push(chunk: Buffer): Generator<NewRecord, void> {
    for (const bytes of this.#splitter.push(chunk)) yield this.#record(bytes)
  }

  *end(): Generator<NewRecord, void> {
    const last = this.#splitter.end()
    if (last !== undefined) yield this.#record(last)
  }

  #record(bytes: Buffer): NewRecord {
    this.#count++
    try {
      return this.#parse(bytes)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      throw new CommandError(`record ${this.#count} of the input: ${error.message}`)
    }
  }
}
