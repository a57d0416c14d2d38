// Damage to bytes that were sound: flipped, overwritten by numbers that matter, cut, repeated,
// spliced with others. Pure; the random source decides all.

import type { Random } from '../../simulation/shared/random.ts'
import { inputBytesMax } from './target.ts'

const int32s = [-(2 ** 31), -2, -1, 0, 1, 2, 127, 128, 255, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1]
const int64s = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 63n - 1n]
const varints = ['ffffffff07', 'ffffffff0f', 'ffffffffffffffffff01', 'ffffffffffffffffffffff'].map(
  (hex) => Buffer.from(hex, 'hex'),
)

type Mutation = (random: Random, bytes: Buffer, others: readonly Buffer[]) => Buffer

const mutations: readonly Mutation[] = [
  (random, bytes) => put(bytes, at(random, bytes), [random.integer(0, 255)]),
  (random, bytes) => put(bytes, at(random, bytes), [random.pick([0, 1, 2, 0x7f, 0x80, 0xff])]),
  (random, bytes) => {
    const position = at(random, bytes)
    return put(bytes, position, [(bytes[position] ?? 0) ^ (1 << random.integer(0, 7))])
  },
  (random, bytes) => put(bytes, at(random, bytes), int16(random)),
  (random, bytes) => put(bytes, at(random, bytes), int32(random, bytes)),
  (random, bytes) => put(bytes, at(random, bytes), int64(random)),
  (random, bytes) => put(bytes, at(random, bytes), random.pick(varints)),
  (random, bytes) => bytes.subarray(0, at(random, bytes)),
  (random, bytes) => {
    const start = at(random, bytes)
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + random.integer(1, 20))])
  },
  (random, bytes) => {
    const start = at(random, bytes)
    return Buffer.concat([bytes.subarray(0, start), noise(random, 12), bytes.subarray(start)])
  },
  (random, bytes) => repeated(random, bytes, random.integer(1, 5)),
  (random, bytes, others) => {
    const other = others.length === 0 ? bytes : random.pick(others)
    return Buffer.concat([bytes.subarray(0, at(random, bytes)), other.subarray(at(random, other))])
  },
]

/** One to four changes, and once in a hundred a block of it as often as fits into an input. */
export function mutate(random: Random, bytes: Buffer, others: readonly Buffer[] = []): Buffer {
  let mutated: Buffer = Buffer.from(bytes)
  for (let count = random.integer(1, 4); count > 0; count--) {
    mutated = Buffer.from(random.pick(mutations)(random, mutated, others))
  }
  if (random.chance(0.01)) mutated = repeated(random, mutated, inputBytesMax)
  return mutated.subarray(0, inputBytesMax)
}

export function noise(random: Random, sizeMax: number): Buffer {
  return Buffer.from(
    Array.from({ length: random.integer(0, sizeMax) }, () => random.integer(0, 255)),
  )
}

function repeated(random: Random, bytes: Buffer, timesMax: number): Buffer {
  const start = at(random, bytes)
  const block = bytes.subarray(start, start + random.integer(1, 64))
  if (block.length === 0) return bytes
  const room = inputBytesMax - bytes.length
  const times = Math.max(0, Math.min(timesMax, Math.floor(room / block.length)))
  const copies = Buffer.alloc(times * block.length, block)
  return Buffer.concat([bytes.subarray(0, start), copies, bytes.subarray(start)])
}

function at(random: Random, bytes: Buffer): number {
  return random.integer(0, Math.max(0, bytes.length - 1))
}

function put(bytes: Buffer, position: number, patch: ArrayLike<number>): Buffer {
  const changed = Buffer.from(bytes)
  for (let index = 0; index < patch.length && position + index < changed.length; index++) {
    changed[position + index] = patch[index] ?? 0
  }
  return changed
}

function int16(random: Random): Buffer {
  const patch = Buffer.alloc(2)
  patch.writeInt16BE(random.pick([-32_768, -2, -1, 0, 1, 255, 256, 32_767]))
  return patch
}

/** In either order of bytes; also what is just past the end. */
function int32(random: Random, { length }: Buffer): Buffer {
  const patch = Buffer.alloc(4)
  patch.writeInt32BE(random.pick([...int32s, length, length + 1]))
  return random.chance(0.7) ? patch : patch.swap32()
}

function int64(random: Random): Buffer {
  const patch = Buffer.alloc(8)
  patch.writeBigInt64BE(random.pick(int64s))
  return random.chance(0.7) ? patch : patch.swap64()
}
