// Makes protobuf messages of no schema in particular: low field numbers, all wire types, messages
// within messages. What a generated decoder knows of it it reads, the rest it has to skip.

import type { Random } from '../../simulation/shared/random.ts'
import { noise } from '../engine/mutate.ts'

const fieldsMax = 12
const depthMax = 5
const varints = [0n, 1n, 2n, 3n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 64n - 1n]
const texts = ['', 'fuzz', '1@AAAAAAAAAAAAAAAAAAAAAA', '__proto__', 'x'.repeat(300)]

export function protobufMessage(random: Random, depth = depthMax): Buffer {
  const parts: Buffer[] = []
  for (let count = random.integer(0, fieldsMax); count > 0; count--) {
    parts.push(field(random, random.integer(1, 16), depth))
  }
  return Buffer.concat(parts)
}

function field(random: Random, number: number, depth: number): Buffer {
  const tag = (wireType: number) => varint(BigInt(number * 8 + wireType))
  switch (random.integer(0, 7)) {
    case 0:
    case 1:
      return Buffer.concat([tag(0), varint(random.pick(varints))])
    case 2:
      return Buffer.concat([tag(1), Buffer.alloc(8, random.integer(0, 255))])
    case 3:
      return Buffer.concat([tag(5), Buffer.alloc(4, random.integer(0, 255))])
    case 4:
      return delimited(tag(2), Buffer.from(random.pick(texts)))
    case 5:
      return delimited(tag(2), noise(random, 30))
    case 6:
      // A group, which proto3 has given up and decoders still skip.
      return Buffer.concat([
        tag(3),
        Buffer.concat(Array(random.integer(0, 3)).fill(tag(3))),
        tag(4),
      ])
    default:
      return delimited(tag(2), depth === 0 ? noise(random, 9) : protobufMessage(random, depth - 1))
  }
}

function delimited(tag: Buffer, content: Buffer): Buffer {
  return Buffer.concat([tag, varint(BigInt(content.length)), content])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
