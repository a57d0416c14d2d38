// Tells a torn tail from damage. A crash leaves the end of what was not yet on the device torn, or
// with pages that never arrived: cutting there loses nothing that was promised to survive. Sound
// batches behind bytes that arrived and are wrong are another matter: those bytes were changed
// later, and cutting would drop acknowledged records.

import {
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  computedCrc,
  storedCrc,
} from '@samsa/proto/record/batch'
import { scanChunkBytes } from './limits.ts'
import type { LogFile } from './open-files.ts'

/** The unit in which the kernel writes files back. */
const pageBytes = 4096

export interface DamageSearch {
  readonly file: LogFile
  /** Where the first unsound byte is. */
  readonly from: number
  readonly to: number
}

export interface Damage {
  /** Position of the first sound batch behind the damage; -1 when there is none. */
  readonly soundBatchAt: number
  /** Whether a page between holds only zeros: one that never reached the device. */
  readonly hasMissingPage: boolean
}

/** Looks at everything from the damage to the segment's end. */
export async function examineDamage(search: DamageSearch): Promise<Damage> {
  const soundBatchAt = await findSoundBatch(search)
  const gap = { ...search, to: soundBatchAt < 0 ? search.to : soundBatchAt }
  return { soundBatchAt, hasMissingPage: await hasZeroPage(gap) }
}

/**
 * Tries every byte: what a batch claims to be is no guide behind damage. Offsets are not looked at,
 * as the checksum does not cover them: a wrong one may be what is damaged.
 */
async function findSoundBatch(search: DamageSearch): Promise<number> {
  for (let start = search.from; start < search.to; start += scanChunkBytes) {
    const end = Math.min(start + scanChunkBytes, search.to)
    const size = Math.min(end + batchHeaderBytes, search.to) - start
    const piece = await readPiece(search.file, start, size)
    for (let at = 0; at < end - start; at++) {
      if (piece[at + batchField.magic] !== batchMagic) continue
      if (await isSoundBatch(search, piece, at, start + at)) return start + at
    }
  }
  return -1
}

async function readPiece(file: LogFile, position: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size)
  const count = await file.use((open) => open.read(buffer, 0, size, position))
  return buffer.subarray(0, count)
}

async function isSoundBatch(
  search: DamageSearch,
  piece: Buffer,
  at: number,
  position: number,
): Promise<boolean> {
  if (at + batchHeaderBytes > piece.length) return false
  const size = piece.readInt32BE(at + batchField.batchLength) + batchLengthOverheadBytes
  if (size < batchHeaderBytes || position + size > search.to) return false
  const whole = await readPiece(search.file, position, size)
  return whole.length === size && storedCrc(whole, 0) === computedCrc(whole, 0)
}

async function hasZeroPage(search: DamageSearch): Promise<boolean> {
  for (let at = search.from; at < search.to; ) {
    const pageEnd = at - (at % pageBytes) + pageBytes
    const piece = await readPiece(search.file, at, Math.min(pageEnd, search.to) - at)
    if (piece.every((byte) => byte === 0)) return true
    at = pageEnd
  }
  return false
}
