// `samsa produce`: reads records from standard input or files and sends them to a topic. Reads no
// faster than the brokers acknowledge.

import { createReadStream } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { Producer, type ProducerOptions } from '../client/producer.ts'
import { parsePair, parseSeparator } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import type { Io } from '../command/io.ts'
import {
  choice,
  duration,
  flag,
  integer,
  type OptionTable,
  repeated,
  required,
  text,
  type Values,
  withDefault,
} from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { bytePattern } from '../format/line-record.ts'
import { note, printJson } from '../format/print.ts'
import { Progress } from '../format/progress.ts'
import { type Header, type NewRecord, recordFormats } from '../format/record.ts'
import { type LineInputOptions, type RecordReader, recordReader } from '../format/record-input.ts'
import { formatCount } from '../units.ts'

const produceOptions = {
  topic: required(text('NAME', 'The topic to send to.')),
  format: withDefault(choice(recordFormats, 'How records stand in the input; see below.'), 'line'),
  delimiter: withDefault(
    text('TEXT', 'What ends a record in the line format; \\n \\t \\0 \\xNN are understood.'),
    '\\n',
  ),
  keySeparator: text('TEXT', 'What stands between key and value in the line format.'),
  keyPattern: text('REGEX', 'The key is the first group of this pattern in the value.'),
  headers: flag('Records open with name:value,name:value and a tab (line format).'),
  header: repeated('NAME=VALUE', 'A header to add to every record.'),
  null: text('TEXT', 'A key or value of exactly this text is null (line format).'),
  partition: integer('N', 'Send to this partition, whatever the key.', { max: 0x7fff_ffff }),
  compression: withDefault(
    choice(['none', 'gzip', 'snappy', 'lz4', 'zstd'], 'How batches are compressed.'),
    'none',
  ),
  acks: withDefault(
    choice(['all', '1', '0'], 'Who must have a record before it counts as sent.'),
    'all',
  ),
  deliveryTimeout: withDefault(
    duration('TIME', 'How long to try to deliver a record.'),
    120_000,
    '2m',
  ),
  quiet: flag('No progress and no summary.'),
} satisfies OptionTable

const fileChunkBytes = 1024 * 1024
const acksNames = { all: 'all', '1': 'leader', '0': 'none' } as const

export const produce = defineClientCommand({
  positionals: '[file]...',
  options: produceOptions,
  notes: `Formats:
  line             text that ends in the delimiter; with --key-separator or --key-pattern, a key
  json             a JSON object a line: key, value, headers, timestamp, partition; bytes that are
                   no UTF-8 go in keyBase64 and valueBase64
  length-prefixed  int32 size and bytes of the key, then of the value; size -1 is null

With acks=all the producer is idempotent: what it retries is never written twice. Keys go to the
partitions that Kafka's Java clients choose.

Examples:
  echo 'user-1:hello' | samsa produce --topic greetings --key-separator :
  apt-cache dumpavail | samsa produce --topic packages --delimiter '\\n\\n' \\
    --key-pattern '^Package: (.+)$' --compression zstd`,
  async run({ options, positionals, cluster, io, json }) {
    const readRecords = inputReader(options)
    const complete = completer(options)
    const producer = await Producer.open(cluster, {
      ...producerOptions(options),
      onRetrying: (reason) => progress.say(reason),
    })
    const progress = new Progress(options.quiet ? undefined : io, 'sent', () => producer.sent)
    try {
      for (const input of inputs(positionals, io)) {
        if (!(await sendAll(input, readRecords(), producer, complete))) break
      }
      // Stopped or not: what was read is sent before the command ends.
      await producer.flush()
    } catch (error) {
      throw withSent(error, producer)
    } finally {
      progress.close()
      producer.close()
    }
    if (json) await printJson(io, { topic: options.topic, ...producer.sent })
    else if (!options.quiet) await note(io, progress.summary())
  },
})

type ProduceValues = Values<typeof produceOptions>

/** Checks the options of the input now; makes a reader for each file later. */
function inputReader(options: ProduceValues): () => RecordReader {
  if (options.keySeparator !== undefined && options.keyPattern !== undefined) {
    throw new UsageError('give one of --key-separator and --key-pattern')
  }
  if (options.format !== 'line') {
    const isForLines = options.keySeparator ?? options.keyPattern ?? options.null
    if (isForLines !== undefined) {
      throw new UsageError('--key-separator, --key-pattern and --null are for --format line')
    }
  }
  const settings: LineInputOptions = {
    delimiter: parseSeparator('--delimiter', options.delimiter),
    keySeparator:
      options.keySeparator === undefined
        ? undefined
        : parseSeparator('--key-separator', options.keySeparator),
    keyPattern: options.keyPattern === undefined ? undefined : keyPattern(options.keyPattern),
    headers: options.headers,
    nullText: options.null === undefined ? undefined : Buffer.from(options.null),
  }
  return () => recordReader(options.format, settings)
}

function keyPattern(source: string): RegExp {
  try {
    return bytePattern(source)
  } catch (error) {
    throw new UsageError(`--key-pattern: ${(error as Error).message}`)
  }
}

/** Adds to a record what the options say of all records. */
function completer(options: ProduceValues): (record: NewRecord) => NewRecord {
  const headers: Header[] = options.header.map((pair) => {
    const [key, value] = parsePair('--header', pair)
    return { key, value: Buffer.from(value) }
  })
  if (headers.length === 0 && options.partition === undefined) return (record) => record
  return (record) => ({
    ...record,
    headers: [...record.headers, ...headers],
    partition: record.partition ?? options.partition,
  })
}

function producerOptions(options: ProduceValues): ProducerOptions {
  return {
    topic: options.topic,
    acks: acksNames[options.acks],
    compression: options.compression,
    deliveryTimeoutMs: options.deliveryTimeout,
  }
}

function* inputs(files: readonly string[], io: Io): Generator<Readable, void> {
  if (files.length === 0) {
    yield addAbortSignal(io.signal, io.stdin)
    return
  }
  for (const file of files) {
    yield addAbortSignal(io.signal, createReadStream(file, { highWaterMark: fileChunkBytes }))
  }
}

/**
 * Queues all records of an input, waiting whenever the producer is full. False when it was stopped.
 */
async function sendAll(
  input: Readable,
  reader: RecordReader,
  producer: Producer,
  complete: (record: NewRecord) => NewRecord,
): Promise<boolean> {
  const queue = async (records: Iterable<NewRecord>) => {
    for (const record of records) {
      producer.add(complete(record))
      if (!producer.hasRoom) await producer.room()
    }
  }
  try {
    for await (const chunk of input) await queue(reader.push(chunk as Buffer))
    await queue(reader.end())
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return false
    if (error instanceof Error && 'path' in error) throw new CommandError(error.message)
    throw error
  }
}

/**
 * Adds to an error how much had been acknowledged before it, so that the user knows what to send
 * again.
 */
function withSent(error: unknown, producer: Producer): unknown {
  if (!(error instanceof CommandError) || producer.sent.records === 0) return error
  const sent = formatCount(producer.sent.records)
  const message = `${error.message}; ${sent} records had been acknowledged before`
  return new CommandError(message, error.exitCode, { cause: error })
}
