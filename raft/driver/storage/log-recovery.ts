// What a start finds in the log's files. A tail that a crash tore is cut off; damage to what had
// been durable ends the log before it, and is reported: the voter must then behave as one that has
// forgotten something. Changes no file.

import type { Entry, LogIndex, LogPosition } from '../../core/types.ts'
import {
  decodeHeader,
  entryOf,
  type Frame,
  headerBytes,
  readFrame,
  type SegmentHeader,
  wasDurable,
} from './frames.ts'

export interface SegmentBytes {
  readonly name: string
  readonly sequence: number
  readonly bytes: Buffer
}

export interface RecoveredSegment {
  readonly name: string
  readonly sequence: number
  /** The position before its first entry. */
  readonly base: LogPosition
}

export interface RecoveredLog {
  readonly base: LogPosition
  readonly entries: readonly Entry[]
  readonly commit: LogIndex
  readonly segments: readonly RecoveredSegment[]
  /** Files that a later one has made void. */
  readonly superseded: readonly string[]
  /** Of the last segment, up to the end of its last whole frame. */
  readonly lastSegmentBytes: number
  readonly tornBytes: number
  /** Where and what, when something that had been durable is not what it was. */
  readonly damage: string | null
}

class Reader {
  base: LogPosition = { index: 0, term: 0 }
  entries: Entry[] = []
  commit = 0

  get last(): LogPosition {
    const entry = this.entries.at(-1)
    return entry === undefined ? this.base : { index: entry.index, term: entry.term }
  }

  termAt(index: LogIndex): number | undefined {
    if (index === this.base.index) return this.base.term
    return this.entries[index - this.base.index - 1]?.term
  }

  begin(base: LogPosition): void {
    this.base = base
    this.entries = []
  }

  /** A later segment goes on from its base, which may lie before the end of the one before it. */
  goOn(base: LogPosition): boolean {
    // What is left before it is void: the crash came while it was being forgotten.
    if (base.index < this.base.index) this.begin(base)
    if (this.termAt(base.index) !== base.term) return false
    this.entries.length = base.index - this.base.index
    return true
  }

  /** False when the frame cannot follow what is there. */
  take(frame: Frame): boolean {
    const { kind, index, term } = frame
    if (kind !== 'mark') {
      const previousTerm = this.termAt(index - 1)
      const entry = entryOf(frame)
      if (previousTerm === undefined || (entry !== null && term < previousTerm)) return false
      this.entries.length = index - this.base.index - 1
      if (entry !== null) this.entries.push(entry)
    }
    this.commit = Math.max(this.commit, frame.commit)
    return true
  }
}

/** `files` in order of their sequence. */
export function recoverLog(files: readonly SegmentBytes[]): RecoveredLog {
  const headers = files.map(({ bytes }) => decodeHeader(bytes))
  const start = Math.max(
    0,
    headers.findLastIndex((header) => header?.resets === true),
  )
  const log = new Reader()
  const segments: RecoveredSegment[] = []
  let end = 0
  let damage: string | null = null
  for (const [at, { name, sequence, bytes }] of files.entries()) {
    if (at < start) continue
    const header = headers[at] ?? null
    damage = headerDamage({ header, sequence, before: at === start ? undefined : files[at - 1] })
    if (damage === null && header !== null) {
      if (at === start) log.begin(header.base)
      else if (!log.goOn(header.base)) damage = 'it does not follow the file before it'
    }
    if (damage === null && header !== null) {
      end = readFrames(log, bytes)
      segments.push({ name, sequence, base: header.base })
      const isTornOnly = at === files.length - 1 && !wasDurable(bytes, end)
      if (end < bytes.length && !isTornOnly) damage = `damaged at byte ${end}`
    }
    if (damage === null) continue
    damage = `${name}: ${damage}`
    break
  }
  const { base, entries } = log
  return {
    base,
    entries,
    commit: Math.min(log.commit, log.last.index),
    segments,
    superseded: files.slice(0, start).map(({ name }) => name),
    lastSegmentBytes: end,
    tornBytes: (files.at(-1)?.bytes.length ?? 0) - end,
    damage,
  }
}

function headerDamage(of: {
  readonly header: SegmentHeader | null
  readonly sequence: number
  readonly before: SegmentBytes | undefined
}): string | null {
  const { header, sequence, before } = of
  if (header === null || header.sequence !== sequence) return 'its header is damaged'
  if (before !== undefined && before.sequence + 1 !== sequence) return 'a file before it is missing'
  return null
}

/** Reads all whole frames and returns where they end. */
function readFrames(log: Reader, bytes: Buffer): number {
  let position = headerBytes
  for (;;) {
    const frame = readFrame(bytes, position)
    if (frame === null || !log.take(frame)) return position
    position = frame.end
  }
}
