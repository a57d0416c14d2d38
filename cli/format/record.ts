// A record as the commands pass it between the client and a text or binary form.

export interface Header {
  readonly key: string
  readonly value: Buffer | null
}

/** A record to send. */
export interface NewRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  /** undefined: the time of sending. */
  readonly timestampMs: number | undefined
  /** undefined: the partitioner chooses. */
  readonly partition: number | undefined
}

/** A record that was read. */
export interface ReadRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

/** The ways in which records stand in a file or a pipe. */
export const recordFormats = ['line', 'json', 'length-prefixed'] as const
export type RecordFormat = (typeof recordFormats)[number]
