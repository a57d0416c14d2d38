// Hostile frames must be repeatable from their seed, and of every kind.

import { expect, it } from 'vitest'
import { hostileFrame } from '../../../support/conformance/hostile-frames.ts'
import { SeededRandom } from '../../../support/conformance/random.ts'

// A Metadata request of version 4: size, key, version, correlation id, client id, one topic,
// auto-create.
const metadata = Buffer.from(
  '0000001a 0003 0004 00000001 0002 6964 00000001 0005 746f706963 01'.replaceAll(' ', ''),
  'hex',
)

function frames(seed: number, count: number): Buffer[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () => hostileFrame(random, [metadata]))
}

it('forges the same frames from the same seed and others from another', () => {
  expect(frames(7, 100)).toEqual(frames(7, 100))
  expect(frames(8, 100)).not.toEqual(frames(7, 100))
})

it('never changes the recorded request it forges from', () => {
  const before = Buffer.from(metadata)
  frames(9, 2_000)
  expect(metadata).toEqual(before)
})

it('forges lengths of -2, of 2^31 - 1, other protocols, and unknown APIs', () => {
  const all = frames(10, 5_000)
  const has = (wanted: (frame: Buffer) => boolean) => all.some(wanted)
  expect(has((frame) => frame.includes(Buffer.from('fffffffe', 'hex')))).toBe(true)
  expect(has((frame) => frame.includes(Buffer.from('7fffffff', 'hex')))).toBe(true)
  expect(has((frame) => frame.subarray(0, 4).equals(Buffer.from('fffffffe', 'hex')))).toBe(true)
  expect(has((frame) => frame.includes('HTTP/1.1'))).toBe(true)
  expect(has((frame) => frame.subarray(0, 3).equals(Buffer.from('160301', 'hex')))).toBe(true)
  expect(has((frame) => frame.length > 6 && frame.readInt16BE(4) === 1_000)).toBe(true)
  expect(has((frame) => frame.length < metadata.length)).toBe(true)
})
