// Makes messages from our own schemas: a Reader that makes up what it is asked for, and keeps the
// bytes that stand for it. Whatever a decoder would read, in whatever version, it gets; so what
// comes out is always a message of that schema, with strange values in it.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import type { Random } from '../../simulation/shared/random.ts'
import { noise } from '../engine/mutate.ts'

/** What is worth saying where a name, an id or bytes are asked for. */
export interface Dictionary {
  readonly texts: readonly string[]
  readonly uuids: readonly string[]
  readonly bytes: readonly Buffer[]
}

interface Decoder {
  decode(reader: Reader, version: number): unknown
}

const tries = 20
const elementsMax = 60
const int32s = [-(2 ** 31), -2, -1, 0, 1, 2, 3, 5, 10, 100, 1_000, 30_000, 2 ** 31 - 1]
const int16s = [-32_768, -2, -1, 0, 1, 2, 3, 5, 35, 100, 32_767]
const int8s = [-128, -1, 0, 1, 2, 3, 4, 12, 32, 127]
const int64s = [-2, -1, 0, 1, 5, 1_000, 1_700_000_000_000, 2 ** 53 - 1, -(2 ** 53) + 1]

/** The bytes of a message that decodes. */
export function generate(
  random: Random,
  schema: Decoder,
  version: number,
  dictionary: Dictionary,
): Buffer {
  for (let tried = 0; tried < tries; tried++) {
    // Nulls where none may be are found out by trying; the last tries go without.
    const source = new InventingReader(random, dictionary, tried < tries / 2 ? 0.05 : 0)
    try {
      schema.decode(source, version)
      return source.taken()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
  }
  return Buffer.alloc(0)
}

class InventingReader extends Reader {
  readonly #random: Random
  readonly #dictionary: Dictionary
  readonly #nulls: number
  readonly #writer = new Writer()
  #pending: Buffer = Buffer.alloc(0)
  #elements = 0

  constructor(random: Random, dictionary: Dictionary, nulls: number) {
    super(Buffer.alloc(0))
    this.#random = random
    this.#dictionary = dictionary
    this.#nulls = nulls
  }

  taken(): Buffer {
    return this.#writer.toBuffer()
  }

  override boolean(): boolean {
    const value = this.#random.chance(0.5)
    this.#writer.boolean(value)
    return value
  }

  override int8(): number {
    const value = this.#random.pick(int8s)
    this.#writer.int8(value)
    return value
  }

  override int16(): number {
    const value = this.#random.pick(int16s)
    this.#writer.int16(value)
    return value
  }

  override uint16(): number {
    const value = this.#random.pick([0, 1, 9_092, 65_535])
    this.#writer.uint16(value)
    return value
  }

  override int32(): number {
    const value = this.#random.pick(int32s)
    this.#writer.int32(value)
    return value
  }

  override uint32(): number {
    const value = this.#random.pick([0, 1, 2 ** 31, 2 ** 32 - 1])
    this.#writer.uint32(value)
    return value
  }

  override int64(): number {
    const value = this.#random.pick(int64s)
    this.#writer.int64(value)
    return value
  }

  override saturatedInt64(): number {
    return Number(this.bigint64())
  }

  override bigint64(): bigint {
    const value = this.#random.pick([-(2n ** 63n), -2n, -1n, 0n, 1n, 2n ** 53n, 2n ** 63n - 1n])
    this.#writer.bigint64(value)
    return value
  }

  override float64(): number {
    const value = this.#random.pick([0, -0, 1, 0.5, -1, 1e308, 1e9, Number.NaN, Number.MIN_VALUE])
    this.#writer.float64(value)
    return value
  }

  override uuid(): string {
    const value = this.#random.pick(this.#dictionary.uuids)
    this.#writer.uuid(value)
    return value
  }

  /** Only asked for how many tagged fields follow: none. */
  override unsignedVarint(): number {
    this.#writer.unsignedVarint(0)
    return 0
  }

  override stringLength(compact: boolean): number {
    if (this.#random.chance(this.#nulls)) return this.#null(compact, 'string')
    this.#pending = Buffer.from(this.#random.pick(this.#dictionary.texts))
    this.#writer.stringLength(this.#pending.length, compact)
    return this.#pending.length
  }

  override bytesLength(compact: boolean): number {
    if (this.#random.chance(this.#nulls)) return this.#null(compact, 'bytes')
    const { bytes } = this.#dictionary
    const isKnown = bytes.length > 0 && this.#random.chance(0.6)
    this.#pending = isKnown ? this.#random.pick(bytes) : noise(this.#random, 40)
    this.#writer.length(this.#pending.length, compact)
    return this.#pending.length
  }

  override arrayLength(compact: boolean): number {
    if (this.#random.chance(this.#nulls)) return this.#null(compact, 'array')
    const count = this.#elements > elementsMax ? 0 : this.#random.pick([0, 1, 1, 1, 1, 2, 3])
    this.#elements += count
    this.#writer.length(count, compact)
    return count
  }

  #null(compact: boolean, of: 'string' | 'bytes' | 'array'): -1 {
    if (of === 'string') this.#writer.stringLength(-1, compact)
    else this.#writer.length(-1, compact)
    return -1
  }

  override text(size: number): string {
    return this.bytes(size).toString()
  }

  override bytes(size: number): Buffer {
    const given = this.#pending.subarray(0, size)
    this.#pending = Buffer.alloc(0)
    this.#writer.bytes(given)
    return given
  }
}
