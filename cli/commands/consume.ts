// `samsa consume`: prints records of topics, alone or as a member of a group. Reads no faster than
// its output is taken; in a group, commits only what has been written out.

import { Consumer } from '../client/consumer.ts'
import { StoppedError } from '../client/errors.ts'
import type { Chunk, Gap } from '../client/fetcher.ts'
import { readRecords } from '../client/read-records.ts'
import { parseTarget } from '../client/target.ts'
import { parseSeparator } from '../command/arguments.ts'
import { type ClientInvocation, defineClientCommand } from '../command/client-command.ts'
import { type Io, write } from '../command/io.ts'
import {
  choice,
  duration,
  flag,
  integer,
  integers,
  type OptionTable,
  repeated,
  text,
  type Values,
  withDefault,
} from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { note } from '../format/print.ts'
import { Progress } from '../format/progress.ts'
import { recordFormats } from '../format/record.ts'
import {
  type RecordFormatter,
  recordFormatter,
  type ShownField,
  shownFields,
} from '../format/record-output.ts'

const consumeOptions = {
  topic: repeated('NAME', 'A topic to read (required).'),
  partitions: integers('LIST', 'Only these partitions, as 0,3-5.'),
  from: withDefault(
    text('WHERE', 'Where to start: beginning, end, an offset, a time, or -N for the last N.'),
    'end',
  ),
  fromBeginning: flag('The same as --from beginning.'),
  group: text('NAME', 'Read as a member of this group, from where it left off.'),
  groupInstance: text('NAME', 'Be a static member of this name, that keeps its partitions.'),
  maxMessages: integer('COUNT', 'End after this many records.', { min: 1 }),
  untilEnd: flag('End where the partitions ended when the command started.'),
  timeout: duration('TIME', 'End when no record has come for this long.'),
  isolation: withDefault(
    choice(['read_uncommitted', 'read_committed'], 'Whether to read what may yet be aborted.'),
    'read_uncommitted',
  ),
  format: withDefault(choice(recordFormats, 'How to print records; see below.'), 'line'),
  delimiter: withDefault(text('TEXT', 'What to print after a record in the line format.'), '\\n'),
  keySeparator: text('TEXT', 'Print the key and this before the value (line format).'),
  headers: flag('Print headers as name:value,name:value and a tab (line format).'),
  null: text('TEXT', 'What to print for null (line format); nothing if left out.'),
  show: text('FIELDS', `Print these before a record: ${shownFields.join(',')} (line format).`),
  quiet: flag('No progress and no summary.'),
} satisfies OptionTable

type ConsumeValues = Values<typeof consumeOptions>

/** Written at once: larger than what most records need, far below what a chunk can grow to. */
const outputBytes = 256 * 1024
const waitMs = 1_000

export const consume = defineClientCommand({
  positionals: '',
  options: consumeOptions,
  notes: `Formats:
  line             the value, with what the options ask for before it, and the delimiter
  json             a JSON object a line, with everything that is known of the record
  length-prefixed  int32 size and bytes of the key, then of the value; size -1 is null
Each can be read back by 'samsa produce' with the same options. --json is --format json.

Examples:
  samsa consume --topic greetings --from-beginning
  samsa consume --topic orders --group billing --format json
  samsa consume --topic orders --from=-10 --until-end --show partition,offset`,
  async run(invocation) {
    const { options, cluster, io } = invocation
    const format = recordFormatter(invocation.json ? 'json' : options.format, {
      delimiter: parseSeparator('--delimiter', options.delimiter),
      keySeparator:
        options.keySeparator === undefined
          ? undefined
          : parseSeparator('--key-separator', options.keySeparator),
      headers: options.headers,
      nullText: options.null === undefined ? undefined : Buffer.from(options.null),
      show: fieldsToShow(options.show),
    })
    const consumer = new Consumer(cluster, consumerOptions(invocation))
    const stop = () => consumer.wake()
    io.signal.addEventListener('abort', stop, { once: true })
    const reader = new ConsumeRun(consumer, format, options, io)
    const progress = new Progress(options.quiet ? undefined : io, 'read', () => reader.amount)
    try {
      await reader.run()
      await consumer.close()
    } catch (error) {
      // Reading ends when the user says so: that is its clean end.
      if (!(error instanceof StoppedError)) throw error
    } finally {
      progress.close()
      io.signal.removeEventListener('abort', stop)
    }
    if (!options.quiet) await note(io, progress.summary())
    reader.throwIfShort()
  },
})

function consumerOptions({ options, io }: ClientInvocation<typeof consumeOptions>) {
  const { topic: topics, partitions, group, groupInstance } = options
  if (topics.length === 0) throw new UsageError('--topic is required')
  if (group !== undefined && partitions !== undefined) {
    throw new UsageError('--partitions cannot go with --group: the group gives out the partitions')
  }
  if (group === undefined && groupInstance !== undefined) {
    throw new UsageError('--group-instance goes with --group')
  }
  const from = options.fromBeginning ? 'beginning' : options.from
  return {
    topics,
    partitions,
    from: parseTarget('--from', from),
    isolation: options.isolation,
    group: group === undefined ? undefined : { id: group, instanceId: groupInstance ?? null },
    untilEnd: options.untilEnd,
    onGap: ({ topic, partition, from: first, to }: Gap) => {
      const gone = `records ${first} to ${to - 1} are gone`
      io.stderr.write(`samsa: ${topic}-${partition}: ${gone}, reading from ${to}\n`)
    },
  }
}

function fieldsToShow(given: string | undefined): ShownField[] {
  if (given === undefined) return []
  return given.split(',').map((name) => {
    const field = shownFields.find((candidate) => candidate === name)
    if (field !== undefined) return field
    throw new UsageError(`--show '${name}' is none of ${shownFields.join(', ')}`)
  })
}

/** One reading: what was printed so far, and when it is enough. */
class ConsumeRun {
  readonly #consumer: Consumer
  readonly #format: RecordFormatter
  readonly #options: ConsumeValues
  readonly #io: Io
  #records = 0
  #bytes = 0
  #pieces: Buffer[] = []
  #pieceBytes = 0

  constructor(consumer: Consumer, format: RecordFormatter, options: ConsumeValues, io: Io) {
    this.#consumer = consumer
    this.#format = format
    this.#options = options
    this.#io = io
  }

  get amount(): { records: number; bytes: number } {
    return { records: this.#records, bytes: this.#bytes }
  }

  async run(): Promise<void> {
    const { maxMessages = Infinity, timeout = Infinity } = this.#options
    let lastRecordMs = performance.now()
    while (!this.#io.signal.aborted && this.#records < maxMessages && !this.#consumer.isAtEnd) {
      const idleMs = performance.now() - lastRecordMs
      if (idleMs >= timeout) return
      const chunk = await this.#consumer.next(Math.min(waitMs, timeout - idleMs))
      if (chunk === undefined) continue
      await this.#print(chunk, maxMessages)
      lastRecordMs = performance.now()
    }
  }

  throwIfShort(): void {
    const { maxMessages, timeout } = this.#options
    const isShort = maxMessages !== undefined && this.#records < maxMessages
    if (!isShort || timeout === undefined || this.#io.signal.aborted || this.#consumer.isAtEnd)
      return
    throw new CommandError(
      `${this.#records} of ${maxMessages} records came; then none for ${timeout / 1000} s`,
    )
  }

  async #print(chunk: Chunk, maxMessages: number): Promise<void> {
    const { topic, partition } = chunk
    let { nextOffset } = chunk
    for (const record of readRecords(chunk, this.#options.isolation)) {
      if (this.#records >= maxMessages || this.#consumer.isPastEnd(record)) {
        nextOffset = record.offset
        break
      }
      const printed = this.#format(record)
      const piece = typeof printed === 'string' ? Buffer.from(printed) : printed
      this.#records++
      this.#bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
      this.#pieces.push(piece)
      this.#pieceBytes += piece.length
      if (this.#pieceBytes >= outputBytes) await this.#flush()
    }
    await this.#flush()
    this.#consumer.delivered({ topic, partition, offset: nextOffset })
  }

  async #flush(): Promise<void> {
    const output = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#pieceBytes = 0
    await write(this.#io.stdout, output)
  }
}
