// Reads a log's segments from the first to the last, piece by piece at the caller's pace. Checks
// each batch: its checksum, and what none covers, its size, offsets and leader epoch. One that is
// not sound is looked at twice. Changes nothing.

import {
  baseOffset,
  batchField,
  batchHeaderBytes,
  batchMagic,
  batchSize,
  lastOffset,
  leaderEpoch,
  magic,
  storedCrc,
} from '@samsa/proto/record/batch'
import { crc32c } from '@samsa/proto/record/crc32c'
import { isUnreadable } from '../disk/disk-errors.ts'
import { BatchDamagedError } from './log-errors.ts'
import type { LogState } from './log-state.ts'
import type { CheckedPiece, LogCheck } from './partition-log.ts'
import type { Segment } from './segment.ts'

const unlikeChecksum = 'a batch does not have its checksum'

/** A batch whose end has not been read yet. */
interface OpenBatch {
  readonly position: number
  readonly nextOffset: number
  readonly storedCrc: number
  crc: number
  leftBytes: number
}

export class DiskLogCheck implements LogCheck {
  readonly #state: LogState
  #segment: Segment | null = null
  /** Where to read on. */
  #position = 0
  /** No batch may begin below it. */
  #nextOffset: number
  #open: OpenBatch | null = null
  /** Where a batch was not sound at first sight; -1: nowhere. */
  #doubtAt = -1
  #cuts: number

  constructor(state: LogState) {
    this.#state = state
    this.#nextOffset = state.segments.first.baseOffset
    this.#cuts = state.cuts
  }

  async next(maxBytes: number): Promise<CheckedPiece> {
    const state = this.#state
    // What is being cut or closed is no witness.
    if (state.blocked !== null) return { bytes: 0, isLast: true, damage: null }
    if (this.#cuts !== state.cuts || this.#isGone) this.#findPlace()
    const segment = this.#segment
    if (segment === null) return { bytes: 0, isLast: true, damage: null }
    const to = segment.writtenBytes
    const wanted = Math.min(Math.max(maxBytes, batchHeaderBytes), to - this.#position)
    if (wanted <= 0) return this.#finish(segment)
    const piece = Buffer.allocUnsafe(wanted)
    const read = await this.#read(segment, piece)
    // Whoever cut the log meanwhile may have changed what was read.
    if (this.#isStale) return { bytes: wanted, isLast: false, damage: null }
    const reason = typeof read === 'string' ? read : this.#take(segment, read, to)
    return this.#judge(segment, wanted, reason)
  }

  /** Sectors that cannot be read are damage as much as bytes that are wrong. */
  async #read(segment: Segment, piece: Buffer): Promise<Buffer | string> {
    const [size, position] = [piece.length, this.#position]
    try {
      const count = await segment.file.use((file) => file.read(piece, 0, size, position))
      return piece.subarray(0, count)
    } catch (error) {
      if (error instanceof Error && (this.#isStale || isUnreadable(error))) return error.message
      throw error
    }
  }

  get #isStale(): boolean {
    return this.#state.blocked !== null || this.#cuts !== this.#state.cuts || this.#isGone
  }

  /** Whether retention, or a cut, took the segment away. */
  get #isGone(): boolean {
    return this.#segment === null || !this.#state.segments.all.includes(this.#segment)
  }

  /** The first segment that is not checked yet; from its beginning, since batches may be others. */
  #findPlace(): void {
    const { segments, cuts } = this.#state
    this.#cuts = cuts
    const known = this.#segment
    const from = known === null ? 0 : Math.min(known.baseOffset, segments.active.baseOffset)
    this.#enter(segments.all.find(({ baseOffset: base }) => base >= from) ?? null)
  }

  #enter(segment: Segment | null): void {
    this.#segment = segment
    this.#position = 0
    this.#open = null
    this.#doubtAt = -1
    if (segment !== null) this.#nextOffset = segment.baseOffset
  }

  #finish(segment: Segment): CheckedPiece {
    const following = this.#following(segment)
    this.#enter(following)
    return { bytes: 0, isLast: following === null, damage: null }
  }

  #following(segment: Segment): Segment | null {
    const { all } = this.#state.segments
    return all[all.indexOf(segment) + 1] ?? null
  }

  /** Damage at the second sight is damage. */
  #judge(segment: Segment, bytes: number, reason: string | null): CheckedPiece {
    if (reason === null) return { bytes, isLast: false, damage: null }
    const position = this.#open?.position ?? this.#position
    if (this.#doubtAt === position) {
      const { path } = segment.file
      const damage = new BatchDamagedError(path, position, this.#nextOffset, reason)
      return { bytes, isLast: true, damage }
    }
    this.#doubtAt = position
    this.#position = position
    this.#open = null
    return { bytes, isLast: false, damage: null }
  }

  /** Goes over what was read, up to what is wrong: a batch may end in a later piece. */
  #take(segment: Segment, piece: Buffer, to: number): string | null {
    const leastBytes = this.#open === null ? Math.min(batchHeaderBytes, to - this.#position) : 1
    if (piece.length < leastBytes) return 'the file is shorter than it was'
    let at = this.#goOn(piece)
    this.#position += at
    if (!this.#close()) return unlikeChecksum
    while (at < piece.length) {
      const restBytes = to - this.#position
      if (restBytes < batchHeaderBytes) return 'the file ends within the header of a batch'
      if (piece.length - at < batchHeaderBytes) break
      const reason = this.#reasonAgainst(segment, piece, at, restBytes)
      if (reason !== null) return reason
      const end = Math.min(at + batchSize(piece, at), piece.length)
      this.#open = {
        position: this.#position,
        nextOffset: lastOffset(piece, at) + 1,
        storedCrc: storedCrc(piece, at),
        crc: crc32c(piece, at + batchField.attributes, end),
        leftBytes: at + batchSize(piece, at) - end,
      }
      this.#position += end - at
      at = end
      if (!this.#close()) return unlikeChecksum
    }
    return null
  }

  /** The rest of the batch that the piece before began; returns where it ends in this one. */
  #goOn(piece: Buffer): number {
    const open = this.#open
    if (open === null) return 0
    const count = Math.min(open.leftBytes, piece.length)
    open.crc = crc32c(piece, 0, count, open.crc)
    open.leftBytes -= count
    return count
  }

  /** Notes the end of a batch that was read whole; false where it is not sound. */
  #close(): boolean {
    const open = this.#open
    if (open === null || open.leftBytes > 0) return true
    if (open.crc !== open.storedCrc) return false
    this.#open = null
    this.#nextOffset = open.nextOffset
    return true
  }

  /** What is wrong with a header; null: nothing that can be told without the checksum. */
  #reasonAgainst(segment: Segment, piece: Buffer, at: number, restBytes: number): string | null {
    const size = batchSize(piece, at)
    if (magic(piece, at) !== batchMagic) return `a batch has magic ${magic(piece, at)}`
    if (size < batchHeaderBytes || size > restBytes) return `a batch has a size of ${size} bytes`
    const [first, last] = [baseOffset(piece, at), lastOffset(piece, at)]
    const end = this.#following(segment)?.baseOffset ?? this.#state.nextOffset
    if (first < this.#nextOffset || last < first || last >= end) {
      const range = `${this.#nextOffset} to ${end}`
      return `a batch has offsets ${first} to ${last}, which are not within ${range}`
    }
    const [epoch, known] = [leaderEpoch(piece, at), this.#state.epochs.epochFor(first)]
    const isOther = known >= 0 && epoch !== known
    return isOther ? `a batch of leader epoch ${known} says that it is of ${epoch}` : null
  }
}
