// The term and the vote on disk, in two copies: each is a whole file with a checksum. If one is
// damaged the other has the same, or the persist that wrote them never ended and nobody heard of
// it. If both are gone the voter must not come back: it would not know for whom it has voted.
//
//   magic "SAMSARHS" | version u16 | 0 u16 | write i64 | length u32 | JSON | crc u32

import { crc32 } from 'node:zlib'
import type { HardState } from '../../core/types.ts'
import type { RaftDirectory } from '../directory.ts'
import { isDiskFull } from '../errors.ts'
import { createAllWhole, StorageDamagedError } from './whole-file.ts'

export const hardStateNames = ['hard-state', 'hard-state.copy'] as const

const magic = Buffer.from('SAMSARHS')
const formatVersion = 1
const headerBytes = 24

function encode(state: HardState, write: number): Buffer {
  const json = Buffer.from(JSON.stringify(state))
  const bytes = Buffer.alloc(headerBytes + json.length + 4)
  magic.copy(bytes)
  bytes.writeUInt16BE(formatVersion, 8)
  bytes.writeBigInt64BE(BigInt(write), 12)
  bytes.writeUInt32BE(json.length, 20)
  json.copy(bytes, headerBytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/** Null when the bytes are not those of a whole hard state. */
function decode(bytes: Buffer): { readonly state: HardState; readonly write: number } | null {
  if (bytes.length < headerBytes + 4 || !magic.equals(bytes.subarray(0, 8))) return null
  if (bytes.readUInt32BE(bytes.length - 4) !== crc32(bytes.subarray(0, -4))) return null
  if (bytes.readUInt16BE(8) !== formatVersion) {
    throw new StorageDamagedError('the hard state has a format that needs a newer version')
  }
  const json = bytes.subarray(headerBytes, headerBytes + bytes.readUInt32BE(20)).toString()
  return { state: JSON.parse(json) as HardState, write: Number(bytes.readBigInt64BE(12)) }
}

export class HardStateFile {
  readonly #directory: RaftDirectory
  #writes = 0

  constructor(directory: RaftDirectory) {
    this.#directory = directory
  }

  /** Null when none was ever written; mends a copy that is damaged or behind. */
  async open(names: readonly string[]): Promise<HardState | null> {
    const present = hardStateNames.filter((name) => names.includes(name))
    if (present.length === 0) return null
    const read = await Promise.all(present.map((name) => this.#directory.read(name)))
    const copies = read.map(decode).filter((copy) => copy !== null)
    const newest = copies.toSorted((a, b) => b.write - a.write)[0]
    if (newest === undefined) {
      throw new StorageDamagedError('the term and vote of this voter cannot be read')
    }
    this.#writes = newest.write
    const isWhole =
      copies.length === hardStateNames.length && copies.every((copy) => copy.write === newest.write)
    if (!isWhole) await this.#mend(newest.state)
    return newest.state
  }

  /** On a full disk one copy must do until the next write. */
  async #mend(state: HardState): Promise<void> {
    try {
      await this.write(state)
    } catch (error) {
      if (!isDiskFull(error)) throw error
    }
  }

  async write(state: HardState): Promise<void> {
    const bytes = encode(state, ++this.#writes)
    await createAllWhole(this.#directory, hardStateNames, (file) => file.write([bytes], 0))
  }
}
