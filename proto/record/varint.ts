// Zigzag varints as records use them: their sizes, and writing one at a position of a buffer.
// 64-bit values are plain numbers, because BigInt costs an allocation each; below 2^52 zigzag keeps
// them exact.

import { EncodeError } from '../wire/errors.ts'

/** Bytes of a 32-bit zigzag varint. */
export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  if (raw < 0x80) return 1
  if (raw < 0x4000) return 2
  if (raw < 0x20_0000) return 3
  return raw < 0x1000_0000 ? 4 : 5
}

/** Writes a 32-bit zigzag varint and returns the position after it. */
export function writeVarint(buffer: Buffer, value: number, position: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  while (raw > 0x7f) {
    buffer[at++] = (raw & 0x7f) | 0x80
    raw >>>= 7
  }
  buffer[at++] = raw
  return at
}

/** Bytes of a 64-bit zigzag varint. */
export function varlongSize(value: number): number {
  let size = 1
  for (let raw = zigzag(value); raw >= 128; raw = Math.floor(raw / 128)) size++
  return size
}

/** Writes a 64-bit zigzag varint and returns the position after it. */
export function writeVarlong(buffer: Buffer, value: number, position: number): number {
  let raw = zigzag(value)
  let at = position
  while (raw >= 128) {
    buffer[at++] = (raw % 128) | 0x80
    raw = Math.floor(raw / 128)
  }
  buffer[at++] = raw
  return at
}

function zigzag(value: number): number {
  const raw = value < 0 ? -2 * value - 1 : 2 * value
  if (!Number.isSafeInteger(raw)) throw new EncodeError(`${value} is out of range for a varint`)
  return raw
}
