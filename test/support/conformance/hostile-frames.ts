// Forges frames that no honest client sends, from recorded requests and from nothing: random,
// truncated, with forged lengths, of other protocols, of unknown APIs and versions. Pure; the seed
// decides all.

import type { SeededRandom } from './random.ts'

const sizeFieldBytes = 4
const maxInt32 = 0x7fff_ffff
// An unsigned varint of 2^31 - 1 and one that does not end within five bytes.
const longVarint = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07])
const endlessVarint = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])

const http = Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
// The start of a TLS 1.2 ClientHello record.
const tls = Buffer.from('16030100c8010000c40303', 'hex')

type Forge = (random: SeededRandom, seeds: readonly Buffer[]) => Buffer

const forges: readonly Forge[] = [
  // Random bytes in a frame of the right size, and without any frame.
  (random) => framed(random.bytes(random.below(200))),
  (random) => random.bytes(1 + random.below(64)),
  // A request cut short in a frame that says so, and in a frame that promises more than comes.
  (random, seeds) => {
    const body = bodyOf(random.pick(seeds))
    return framed(body.subarray(0, random.below(body.length)))
  },
  (random, seeds) => {
    const frame = random.pick(seeds)
    return frame.subarray(0, 1 + random.below(frame.length - 1))
  },
  forgeLength,
  forgeLength,
  forgeLength,
  forgeLength,
  // Two forged fields, and a field of random bytes.
  (random, seeds) => forgeLength(random, [forgeLength(random, seeds)]),
  (random, seeds) => {
    const frame = Buffer.from(random.pick(seeds))
    return overwrite(frame, positionIn(random, frame), random.bytes(1 + random.below(8)))
  },
  // The size of the frame itself.
  (random, seeds) => {
    const frame = Buffer.from(random.pick(seeds))
    frame.writeInt32BE(random.pick([-2, -1, 0, 3, maxInt32, 104_857_601]), 0)
    return frame
  },
  (random) => Buffer.concat([http, random.bytes(random.below(32))]),
  (random) => Buffer.concat([tls, random.bytes(random.below(200))]),
  // An API or a version that does not exist, with the rest of a real request behind it.
  (random, seeds) => {
    const frame = Buffer.from(random.pick(seeds))
    frame.writeInt16BE(random.pick([-1, 4, 5, 6, 7, 93, 1_000, 32_767]), sizeFieldBytes)
    return frame
  },
  (random, seeds) => {
    const frame = Buffer.from(random.pick(seeds))
    frame.writeInt16BE(random.pick([-1, 19, 100, 32_767]), sizeFieldBytes + 2)
    return frame
  },
]

export function hostileFrame(random: SeededRandom, seeds: readonly Buffer[]): Buffer {
  return random.pick(forges)(random, seeds)
}

/**
 * Overwrites what may be a length field, of any width, by -2, 2^31 - 1 or a length past the end.
 */
function forgeLength(random: SeededRandom, seeds: readonly Buffer[]): Buffer {
  const frame = Buffer.from(random.pick(seeds))
  const at = positionIn(random, frame)
  const pastEnd = frame.length - at + 1
  const int32 = Buffer.alloc(4)
  int32.writeInt32BE(random.pick([-2, maxInt32, pastEnd]), 0)
  const int16 = Buffer.alloc(2)
  int16.writeInt16BE(random.pick([-2, 0x7fff, Math.min(pastEnd, 0x7fff)]), 0)
  return overwrite(frame, at, random.pick([int32, int16, longVarint, endlessVarint]))
}

/** A place behind size, API key and version. */
function positionIn(random: SeededRandom, frame: Buffer): number {
  const first = sizeFieldBytes + 4
  return first + random.below(Math.max(1, frame.length - first))
}

function overwrite(frame: Buffer, at: number, bytes: Buffer): Buffer {
  bytes.copy(frame, at)
  return frame
}

function bodyOf(frame: Buffer): Buffer {
  return frame.subarray(sizeFieldBytes)
}

function framed(body: Buffer): Buffer {
  const frame = Buffer.alloc(sizeFieldBytes + body.length)
  frame.writeInt32BE(body.length, 0)
  body.copy(frame, sizeFieldBytes)
  return frame
}
