// The bytes of the log: a file begins with a header and goes on with frames, one for each entry,
// each with a checksum of its own. Pure; nothing that is read is trusted before its checksum has
// been seen to fit. An entry at an index that is there already takes the place of it and of all
// behind it. A frame's `durable` is how much of the file was known to be synced when the frame was
// written: it tells a write that a crash tore (nothing after it relied on it) from damage to what
// had been durable.

//   header  magic "SAMSARLG" | version u16 | resets u8 | 0 u8 | sequence i64 | baseIndex i64
//           | baseTerm i64 | crc u32
//   frame   magic "SRF1" | length u32 | crc u32 | kind u8 | 0 u8 u16 | index i64 | term i64
//           | commit i64 | durable i64 | payload

import { crc32 } from 'node:zlib'
import type { Configuration, Entry, LogIndex, LogPosition } from '../../core/types.ts'
import { StorageDamagedError } from './whole-file.ts'

export const headerBytes = 40
const frameHeaderBytes = 48
const formatVersion = 1
const fileMagic = Buffer.from('SAMSARLG')
const frameMagic = Buffer.from('SRF1')
/** Where the checksummed part of a frame begins: behind the magic, the length and the checksum. */
const checkedFrom = 12

const kinds = ['data', 'noop', 'configuration', 'truncate', 'mark'] as const
type FrameKind = (typeof kinds)[number]

export interface SegmentHeader {
  readonly sequence: number
  /** The position before the segment's first entry. */
  readonly base: LogPosition
  /** Whatever earlier segments hold is void. */
  readonly resets: boolean
}

export function encodeHeader({ sequence, base, resets }: SegmentHeader): Buffer {
  const header = Buffer.alloc(headerBytes)
  fileMagic.copy(header)
  header.writeUInt16BE(formatVersion, 8)
  header.writeUInt8(resets ? 1 : 0, 10)
  header.writeBigInt64BE(BigInt(sequence), 12)
  header.writeBigInt64BE(BigInt(base.index), 20)
  header.writeBigInt64BE(BigInt(base.term), 28)
  header.writeUInt32BE(crc32(header.subarray(0, 36)), 36)
  return header
}

/** Null when the file does not begin with a whole header. */
export function decodeHeader(file: Buffer): SegmentHeader | null {
  if (file.length < headerBytes || !fileMagic.equals(file.subarray(0, 8))) return null
  if (file.readUInt32BE(36) !== crc32(file.subarray(0, 36))) return null
  if (file.readUInt16BE(8) !== formatVersion) {
    throw new StorageDamagedError('the log has a format that needs a newer version')
  }
  const index = Number(file.readBigInt64BE(20))
  const term = Number(file.readBigInt64BE(28))
  const sequence = Number(file.readBigInt64BE(12))
  return { sequence, base: { index, term }, resets: file.readUInt8(10) === 1 }
}

export interface Frame extends LogPosition {
  readonly kind: FrameKind
  readonly commit: LogIndex
  readonly durableBytes: number
  readonly payload: Buffer
  /** Where the next frame begins. */
  readonly end: number
}

/** The chunks of a frame; the payload is not copied. */
function encodeFrame(frame: Omit<Frame, 'end'>): Buffer[] {
  const { kind, index, term, commit, durableBytes, payload } = frame
  const header = Buffer.alloc(frameHeaderBytes)
  frameMagic.copy(header)
  header.writeUInt32BE(frameHeaderBytes + payload.length, 4)
  header.writeUInt8(kinds.indexOf(kind), 12)
  header.writeBigInt64BE(BigInt(index), 16)
  header.writeBigInt64BE(BigInt(term), 24)
  header.writeBigInt64BE(BigInt(commit), 32)
  header.writeBigInt64BE(BigInt(durableBytes), 40)
  header.writeUInt32BE(crc32(payload, crc32(header.subarray(checkedFrom))), 8)
  return payload.length === 0 ? [header] : [header, payload]
}

const nothing = Buffer.alloc(0)

export function encodeEntry(entry: Entry, commit: LogIndex, durableBytes: number): Buffer[] {
  const { type: kind, index, term } = entry
  const payload =
    entry.type === 'data'
      ? entry.data
      : entry.type === 'configuration'
        ? Buffer.from(JSON.stringify(entry.configuration))
        : nothing
  return encodeFrame({ kind, index, term, commit, durableBytes, payload })
}

/** Entries from `index` on are void. */
export function encodeTruncate(index: LogIndex, commit: LogIndex, durableBytes: number): Buffer[] {
  return encodeFrame({ kind: 'truncate', index, term: 0, commit, durableBytes, payload: nothing })
}

/**
 * Says only how much of the file is durable, so that damage to the last entries is seen for what it
 * is.
 */
export function encodeMark(last: LogPosition, commit: LogIndex, durableBytes: number): Buffer[] {
  return encodeFrame({ ...last, kind: 'mark', commit, durableBytes, payload: nothing })
}

/** The frame at `position`, or null when the bytes there are not a whole one. */
export function readFrame(file: Buffer, position: number): Frame | null {
  if (file.length - position < frameHeaderBytes) return null
  if (frameMagic.compare(file, position, position + frameMagic.length) !== 0) return null
  const length = file.readUInt32BE(position + 4)
  if (length < frameHeaderBytes || length > file.length - position) return null
  const end = position + length
  if (file.readUInt32BE(position + 8) !== crc32(file.subarray(position + checkedFrom, end)))
    return null
  const kind = kinds[file.readUInt8(position + 12)]
  if (kind === undefined) {
    throw new StorageDamagedError('the log has a kind of entry that needs a newer version')
  }
  return {
    kind,
    index: Number(file.readBigInt64BE(position + 16)),
    term: Number(file.readBigInt64BE(position + 24)),
    commit: Number(file.readBigInt64BE(position + 32)),
    durableBytes: Number(file.readBigInt64BE(position + 40)),
    payload: file.subarray(position + frameHeaderBytes, end),
    end,
  }
}

/** The entry of a frame; null of one that holds none. */
export function entryOf({ kind, index, term, payload }: Frame): Entry | null {
  switch (kind) {
    case 'data':
      return { type: 'data', index, term, data: payload }
    case 'noop':
      return { type: 'noop', index, term }
    case 'configuration': {
      const configuration = JSON.parse(payload.toString()) as Configuration
      return { type: 'configuration', index, term, configuration }
    }
    default:
      return null
  }
}

/**
 * Whether bytes at `position`, which are no whole frame, had been durable once: some later frame
 * was written when the file was synced past them. If none was, a crash tore the last write, and
 * nobody was told that it was done.
 */
export function wasDurable(file: Buffer, position: number): boolean {
  let at = file.indexOf(frameMagic, position + 1)
  while (at >= 0) {
    const frame = readFrame(file, at)
    if (frame !== null && frame.durableBytes > position) return true
    at = file.indexOf(frameMagic, at + 1)
  }
  return false
}
