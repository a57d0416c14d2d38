// The last offset of each key in the part of a log that is being cleaned. Bounded: a slot takes 24
// bytes, and the map says when it is full. It begins small, since most logs have far fewer keys
// than records. A key of up to 15 bytes is held as it is; of a longer one the first 127 bits of its
// SHA-256, so that nobody can make two keys look the same.

import { hash } from 'node:crypto'
import { assert } from '../../assert.ts'

/** What a slot takes: 16 bytes for the key, 8 for the offset. As in Kafka. */
export const slotBytes = 24
const wordsPerKey = 4
const embeddedBytesMax = 15
const noOffset = -1
/** Each growth takes this many times the slots; while it lasts, the ones before are there, too. */
const growth = 8
const firstSlotsMin = 4096

export interface KeyMapOptions {
  /** Most slots that there may be. */
  readonly slots: number
  /** How many of the slots may be taken (log.cleaner.io.buffer.load.factor). */
  readonly loadFactor: number
  /** Any number: where keys go depends on it, so that nobody can crowd them. */
  readonly seed: number
}

export class KeyMap {
  readonly #slotsMax: number
  readonly #loadFactor: number
  readonly #seed: number
  #slots: number
  #keys: Uint32Array
  #offsets: Float64Array
  /** The key that was looked at last, as it is held. */
  readonly #key = new Uint32Array(wordsPerKey)
  #count = 0

  constructor({ slots, loadFactor, seed }: KeyMapOptions) {
    assert(slots >= 2, 'a key map has two slots at least')
    this.#slotsMax = slots
    this.#loadFactor = loadFactor
    this.#seed = seed
    // Counted back from the end, so that the last growth is as large as any.
    this.#slots = slots
    while (this.#slots / growth >= firstSlotsMin) this.#slots = Math.ceil(this.#slots / growth)
    this.#keys = new Uint32Array(this.#slots * wordsPerKey)
    this.#offsets = new Float64Array(this.#slots).fill(noOffset)
  }

  /** How many there are now. */
  get slots(): number {
    return this.#slots
  }

  get count(): number {
    return this.#count
  }

  /** Whether a key that is not in the map has no place in it. */
  get isFull(): boolean {
    return this.#count >= this.#countMax(this.#slotsMax)
  }

  /** 0 to 1, of what may be used. */
  get utilization(): number {
    return this.#count / this.#countMax(this.#slotsMax)
  }

  /** One slot is always left free, which ends every search. */
  #countMax(slots: number): number {
    return Math.min(Math.max(1, Math.floor(slots * this.#loadFactor)), slots - 1)
  }

  /** False, and nothing done, where the key is new and the map is full. */
  put(bytes: Buffer, start: number, size: number, offset: number): boolean {
    this.#take(bytes, start, size)
    let slot = this.#find()
    if (this.#offsets[slot] === noOffset) {
      if (this.isFull) return false
      if (this.#count >= this.#countMax(this.#slots)) {
        this.#grow()
        slot = this.#find()
      }
      this.#keys.set(this.#key, slot * wordsPerKey)
      this.#count++
    }
    this.#offsets[slot] = offset
    return true
  }

  #grow(): void {
    const keys = this.#keys
    const offsets = this.#offsets
    const wanted = this.#key.slice()
    this.#slots = Math.min(this.#slots * growth, this.#slotsMax)
    this.#keys = new Uint32Array(this.#slots * wordsPerKey)
    this.#offsets = new Float64Array(this.#slots).fill(noOffset)
    for (const [slot, offset] of offsets.entries()) {
      if (offset === noOffset) continue
      const at = slot * wordsPerKey
      for (let word = 0; word < wordsPerKey; word++) this.#key[word] = keys[at + word] ?? 0
      const to = this.#find()
      this.#keys.set(this.#key, to * wordsPerKey)
      this.#offsets[to] = offset
    }
    this.#key.set(wanted)
  }

  /** -1 for a key that is not in the map. */
  get(bytes: Buffer, start: number, size: number): number {
    if (this.#count === 0) return noOffset
    this.#take(bytes, start, size)
    return this.#offsets[this.#find()] ?? noOffset
  }

  #take(bytes: Buffer, start: number, size: number): void {
    const key = this.#key
    if (size > embeddedBytesMax) {
      const digest = hash('sha256', bytes.subarray(start, start + size), 'buffer')
      for (let word = 0; word < wordsPerKey; word++) key[word] = digest.readUInt32BE(word * 4)
      // No embedded key has this bit, whose last byte is its size.
      key[3] = (key[3] ?? 0) | 0x80
      return
    }
    key.fill(0)
    key[3] = size
    for (let index = 0; index < size; index++) {
      const byte = (bytes[start + index] ?? 0) << (24 - (index & 3) * 8)
      key[index >> 2] = (key[index >> 2] ?? 0) | byte
    }
  }

  /** The slot of the key that was taken, or the free one that is its place. */
  #find(): number {
    const key = this.#key
    const first = key[0] ?? 0
    const second = key[1] ?? 0
    const third = key[2] ?? 0
    const fourth = key[3] ?? 0
    const keys = this.#keys
    const offsets = this.#offsets
    const slots = this.#slots
    let slot = mixed(this.#seed, first, second, third, fourth) % slots
    while (offsets[slot] !== noOffset) {
      const at = slot * wordsPerKey
      const isIt =
        keys[at] === first &&
        keys[at + 1] === second &&
        keys[at + 2] === third &&
        keys[at + 3] === fourth
      if (isIt) return slot
      slot++
      if (slot === slots) slot = 0
    }
    return slot
  }
}

/** Spreads four words over 32 bits; the multipliers are those of MurmurHash3's finalizer. */
function mixed(seed: number, a: number, b: number, c: number, d: number): number {
  let hashed = seed ^ a
  hashed = Math.imul(hashed ^ (hashed >>> 16), 0x85eb_ca6b) ^ b
  hashed = Math.imul(hashed ^ (hashed >>> 13), 0xc2b2_ae35) ^ c
  hashed = Math.imul(hashed ^ (hashed >>> 16), 0x85eb_ca6b) ^ d
  hashed = Math.imul(hashed ^ (hashed >>> 13), 0xc2b2_ae35)
  return (hashed ^ (hashed >>> 16)) >>> 0
}
