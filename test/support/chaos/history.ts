// What was seen during a run, in the order in which it was seen: the only thing that the checker
// judges. Events are plain data, kept in memory and written as lines of JSON, so that a run can be
// judged again later. Times are of one monotonic clock, in milliseconds since the run began.

import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** A record as it was read. Its value names who wrote it and as which of its records. */
export type SeenRecord = readonly [offset: number, value: string]

export type HistoryEvent = { readonly atMs: number } & (
  | {
      /** A producer hands over records `first`, `first + 1`... of its own in this partition. */
      readonly type: 'sent'
      readonly producer: string
      readonly partition: number
      readonly first: number
      readonly count: number
    }
  | {
      /** All of them are acknowledged, the first one at `offset`. */
      readonly type: 'acked'
      readonly producer: string
      readonly partition: number
      readonly first: number
      readonly count: number
      readonly offset: number
    }
  | {
      /** Told to be in the log, but not where: DUPLICATE_SEQUENCE_NUMBER of an older batch. */
      readonly type: 'ackedSomewhere'
      readonly producer: string
      readonly partition: number
      readonly first: number
      readonly count: number
    }
  | {
      /** The producer gave up. `isCertain`: the broker said that nothing was written. */
      readonly type: 'failed'
      readonly producer: string
      readonly partition: number
      readonly first: number
      readonly count: number
      readonly isCertain: boolean
      readonly reason: string
    }
  | {
      readonly type: 'polled'
      readonly consumer: string
      readonly partition: number
      /** Changes when the consumer is told to begin elsewhere: by a rebalance or a seek. */
      readonly assignment: number
      readonly records: readonly SeenRecord[]
    }
  | {
      /** An answer to ListOffsets, by a leader of that epoch. */
      readonly type: 'highWatermark'
      readonly watcher: string
      readonly partition: number
      readonly leaderEpoch: number
      readonly highWatermark: number
    }
  | {
      /** A group's offset that the coordinator said it has: acknowledged, or fetched. */
      readonly type: 'committed'
      readonly group: string
      readonly partition: number
      readonly offset: number
      readonly how: 'acknowledged' | 'fetched'
    }
  | {
      /** Records `producer:number.0`, `.1`... are about to be written in these partitions. */
      readonly type: 'transactionBegins'
      readonly producer: string
      readonly number: number
      readonly partitions: readonly number[]
      readonly plan: string
    }
  | {
      /** From here on the transaction may be committed: EndTxn is about to be sent. */
      readonly type: 'transactionEnding'
      readonly producer: string
      readonly number: number
    }
  | {
      readonly type: 'transactionEnded'
      readonly producer: string
      readonly number: number
      readonly outcome: 'committed' | 'aborted' | 'unknown'
      readonly reason: string
    }
  | {
      /**
       * What the producer's group has committed, told when no transaction of the producer is open:
       * the number of its last committed transaction, and one more; -1 before the first.
       */
      readonly type: 'transactionalOffset'
      readonly producer: string
      readonly offset: number
    }
  | {
      /** What a reader of committed records was shown. */
      readonly type: 'readCommitted'
      readonly partition: number
      readonly records: readonly SeenRecord[]
    }
  | {
      /** All that such a reader is shown at the end, when every transaction has ended. */
      readonly type: 'finalCommitted'
      readonly partition: number
      readonly records: readonly SeenRecord[]
    }
  | {
      /** A transaction that nobody has open still holds its readers back. */
      readonly type: 'hanging'
      readonly partition: number
      readonly detail: string
    }
  | {
      /** A partition is a group member's; members have numbers that are used once. */
      readonly type: 'owns'
      readonly group: string
      readonly member: number
      readonly partition: number
    }
  | {
      /** It is not any more: given back, or lost without being asked. */
      readonly type: 'gives up'
      readonly group: string
      readonly member: number
      readonly partition: number
      readonly isLost: boolean
    }
  | {
      /** All offsets from the first to the last. */
      readonly type: 'memberRead'
      readonly group: string
      readonly member: number
      readonly partition: number
      readonly offset: number
      readonly last: number
    }
  | {
      readonly type: 'memberCommitted'
      readonly group: string
      readonly member: number
      readonly partition: number
      readonly offset: number
    }
  | {
      readonly type: 'left'
      readonly group: string
      readonly member: number
      /** The client itself did not come to its end: closing.py tells why. */
      readonly isLeftBehind: boolean
    }
  | {
      /** A client was told what no client may be told, such as that its own past is unknown. */
      readonly type: 'complaint'
      readonly partition: number
      readonly detail: string
    }
  | {
      readonly type: 'fault'
      readonly fault: string
      readonly phase: 'begins' | 'healed'
      readonly detail: string
    }
  | {
      /** Everything in one copy of a partition, read at rest at the end. */
      readonly type: 'final'
      readonly copy: string
      readonly partition: number
      readonly startOffset: number
      readonly records: readonly SeenRecord[]
    }
)

export type EventOf<T extends HistoryEvent['type']> = Extract<HistoryEvent, { type: T }>
/** What a workload reports; the history adds the time. */
export type Happening = HistoryEvent extends infer Event
  ? Event extends HistoryEvent
    ? Omit<Event, 'atMs'>
    : never
  : never

export function valueOf(producer: string, number: number): string {
  return `${producer}:${number}`
}

export function parseValue(value: string): { producer: string; number: number } {
  const colon = value.lastIndexOf(':')
  return { producer: value.slice(0, colon), number: Number(value.slice(colon + 1)) }
}

export class History {
  readonly events: HistoryEvent[] = []
  readonly #startMs = performance.now()
  readonly #file: WriteStream | undefined
  readonly #listeners: ((event: HistoryEvent) => void)[] = []

  constructor(path?: string) {
    this.#file = path === undefined ? undefined : createWriteStream(path)
  }

  nowMs(): number {
    return performance.now() - this.#startMs
  }

  add(happening: Happening): void {
    const atMs = Math.round(this.nowMs() * 10) / 10
    const event = { atMs, ...happening } as HistoryEvent
    this.events.push(event)
    this.#file?.write(`${JSON.stringify(event)}\n`)
    for (const listener of this.#listeners) listener(event)
  }

  onEvent(listener: (event: HistoryEvent) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#file === undefined) return
    this.#file.end()
    await finished(this.#file)
  }
}

/** The events of a history file. */
export function readHistory(path: string): HistoryEvent[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HistoryEvent)
}
