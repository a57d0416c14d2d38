// Snapshots on disk: a header that describes one, then its bytes as the application wrote them.
// Written locally or received in chunks; either way a file under its own name is whole, and a start
// checks that it still is.
//
//   magic "SAMSARSN" | version u16 | 0 u16 | index i64 | term i64 | sizeBytes i64 | checksum u32
//   | length u32 | configuration (JSON) | crc u32 | bytes

import { crc32 } from 'node:zlib'
import { assert, known } from '../../core/assert.ts'
import {
  type Configuration,
  type LogPosition,
  type SnapshotDescriptor,
  sameSnapshot,
} from '../../core/types.ts'
import type { RaftDirectory, RaftFile } from '../directory.ts'
import { createWhole, StorageDamagedError, temporarySuffix } from './whole-file.ts'

const magic = Buffer.from('SAMSARSN')
const formatVersion = 1
const fixedBytes = 44
const readBytes = 256 * 1024
const namePattern = /^(\d{16})-(\d{10})\.snapshot$/
const incomingName = `incoming.snapshot${temporarySuffix}`

export interface SnapshotPoint extends LogPosition {
  readonly configuration: Configuration
}

function snapshotName({ index, term }: LogPosition): string {
  return `${String(index).padStart(16, '0')}-${String(term).padStart(10, '0')}.snapshot`
}

function encodeHeader(descriptor: SnapshotDescriptor): Buffer {
  const json = Buffer.from(JSON.stringify(descriptor.configuration))
  const bytes = Buffer.alloc(fixedBytes + json.length + 4)
  magic.copy(bytes)
  bytes.writeUInt16BE(formatVersion, 8)
  bytes.writeBigInt64BE(BigInt(descriptor.index), 12)
  bytes.writeBigInt64BE(BigInt(descriptor.term), 20)
  bytes.writeBigInt64BE(BigInt(descriptor.sizeBytes), 28)
  bytes.writeUInt32BE(descriptor.checksum, 36)
  bytes.writeUInt32BE(json.length, 40)
  json.copy(bytes, fixedBytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

interface Header {
  readonly descriptor: SnapshotDescriptor
  readonly headerBytes: number
}

/** Null when the file does not begin with a whole header. */
async function readHeader(file: RaftFile): Promise<Header | null> {
  const fixed = await file.read(0, fixedBytes)
  if (fixed.length < fixedBytes || !magic.equals(fixed.subarray(0, 8))) return null
  const headerBytes = fixedBytes + fixed.readUInt32BE(40) + 4
  // Before its checksum is seen the length may be anything.
  if (headerBytes > readBytes) return null
  const bytes = await file.read(0, headerBytes)
  if (bytes.length < headerBytes) return null
  if (bytes.readUInt32BE(headerBytes - 4) !== crc32(bytes.subarray(0, -4))) return null
  if (bytes.readUInt16BE(8) !== formatVersion) {
    throw new StorageDamagedError('the snapshot has a format that needs a newer version')
  }
  const json = bytes.subarray(fixedBytes, -4).toString()
  const descriptor = {
    index: Number(bytes.readBigInt64BE(12)),
    term: Number(bytes.readBigInt64BE(20)),
    sizeBytes: Number(bytes.readBigInt64BE(28)),
    checksum: bytes.readUInt32BE(36),
    configuration: JSON.parse(json) as Configuration,
  }
  return { descriptor, headerBytes }
}

interface Kept extends Header {
  readonly name: string
}

interface Incoming {
  readonly descriptor: SnapshotDescriptor
  readonly headerBytes: number
  readonly file: RaftFile
  receivedBytes: number
  isComplete: boolean
}

export class SnapshotFiles {
  readonly #directory: RaftDirectory
  /** Ascending. */
  #kept: Kept[] = []
  #incoming: Incoming | null = null
  #incomingWork: Promise<unknown> = Promise.resolve()

  constructor(directory: RaftDirectory) {
    this.#directory = directory
  }

  get newest(): SnapshotDescriptor | null {
    return this.#kept.at(-1)?.descriptor ?? null
  }

  /** Reads and checks the newest. Returns the name of the file if it is damaged, or null. */
  async open(names: readonly string[]): Promise<string | null> {
    const found = names.filter((name) => namePattern.test(name)).toSorted()
    const newest = found.pop()
    if (newest === undefined) return null
    const kept = await this.#check(newest)
    if (kept === null) return newest
    this.#kept = [kept]
    for (const name of found) await this.#directory.remove(name)
    return null
  }

  async #check(name: string): Promise<Kept | null> {
    const file = await this.#directory.open(name)
    try {
      const header = await readHeader(file)
      if (header === null || snapshotName(header.descriptor) !== name) return null
      const isWhole = await holds(file, header.headerBytes, header.descriptor)
      return isWhole ? { ...header, name } : null
    } finally {
      await file.close()
    }
  }

  /** Writes what the application gives as it is asked for. */
  async write(
    point: SnapshotPoint,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<SnapshotDescriptor> {
    const name = snapshotName(point)
    let descriptor: SnapshotDescriptor = { ...point, sizeBytes: 0, checksum: 0 }
    const headerBytes = encodeHeader(descriptor).length
    await createWhole(this.#directory, name, async (file) => {
      let { sizeBytes, checksum } = descriptor
      for await (const chunk of chunks) {
        await file.write([chunk], headerBytes + sizeBytes)
        sizeBytes += chunk.length
        checksum = crc32(chunk, checksum)
      }
      descriptor = { ...point, sizeBytes, checksum }
      await file.write([encodeHeader(descriptor)], 0)
    })
    this.#keep({ descriptor, headerBytes, name })
    return descriptor
  }

  #keep(kept: Kept): void {
    this.#kept = this.#kept.filter(({ name }) => name !== kept.name)
    this.#kept.push(kept)
    this.#kept.sort((a, b) => a.descriptor.index - b.descriptor.index)
  }

  /** Null when this snapshot is not kept any more. */
  async read(
    descriptor: SnapshotDescriptor,
    position: number,
    maxBytes: number,
  ): Promise<Buffer | null> {
    const kept = this.#kept.find((each) => sameSnapshot(each.descriptor, descriptor))
    if (kept === undefined) return null
    const file = await this.#directory.open(kept.name)
    try {
      const length = Math.min(maxBytes, descriptor.sizeBytes - position)
      const bytes = await file.read(kept.headerBytes + position, length)
      return bytes.length === length ? bytes : null
    } finally {
      await file.close()
    }
  }

  async *chunks(descriptor: SnapshotDescriptor): AsyncGenerator<Buffer, void> {
    for (let position = 0; position < descriptor.sizeBytes; ) {
      const chunk = await this.read(descriptor, position, readBytes)
      if (chunk === null) throw new StorageDamagedError('a snapshot has gone while it was read')
      yield chunk
      position += chunk.length
    }
  }

  /** Does `work` when all before it that has to do with received chunks is done. */
  #afterIncoming<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#incomingWork.then(work)
    this.#incomingWork = done.catch(() => undefined)
    return done
  }

  receive(
    descriptor: SnapshotDescriptor,
    position: number,
    bytes: Buffer,
    last: boolean,
  ): Promise<{ receivedBytes: number; intact: boolean }> {
    return this.#afterIncoming(async () => {
      if (position === 0) await this.#begin(descriptor)
      const incoming = this.#incoming
      const isMine = incoming !== null && sameSnapshot(incoming.descriptor, descriptor)
      if (!isMine || incoming.receivedBytes !== position) return { receivedBytes: 0, intact: false }
      await incoming.file.write([bytes], incoming.headerBytes + position)
      incoming.receivedBytes += bytes.length
      const { receivedBytes } = incoming
      if (!last) return { receivedBytes, intact: true }
      const intact = await holds(incoming.file, incoming.headerBytes, descriptor)
      if (intact) await incoming.file.sync()
      incoming.isComplete = intact
      return { receivedBytes, intact }
    })
  }

  async #begin(descriptor: SnapshotDescriptor): Promise<void> {
    await this.#dropIncoming()
    const header = encodeHeader(descriptor)
    const file = await this.#directory.create(incomingName)
    await file.write([header], 0)
    const headerBytes = header.length
    this.#incoming = { descriptor, headerBytes, file, receivedBytes: 0, isComplete: false }
  }

  discardIncoming(): Promise<void> {
    return this.#afterIncoming(() => this.#dropIncoming())
  }

  async #dropIncoming(): Promise<void> {
    const incoming = this.#incoming
    this.#incoming = null
    if (incoming === null) return
    await incoming.file.close()
    await this.#directory.remove(incomingName)
  }

  /** The received snapshot becomes the newest. */
  install(descriptor: SnapshotDescriptor): Promise<void> {
    return this.#afterIncoming(async () => {
      // What came after it did not fit the disk, and the whole is being written again.
      if (this.newest !== null && sameSnapshot(this.newest, descriptor)) return
      const incoming = known(this.#incoming, 'a received snapshot')
      assert(
        incoming.isComplete && sameSnapshot(incoming.descriptor, descriptor),
        'the snapshot to install has been received',
      )
      this.#incoming = null
      await incoming.file.close()
      const name = snapshotName(descriptor)
      await this.#directory.rename(incomingName, name)
      await this.#directory.syncDirectory()
      this.#keep({ descriptor, headerBytes: incoming.headerBytes, name })
    })
  }

  /** All but the newest go, unless they are being sent. */
  async prune(inUse: readonly SnapshotDescriptor[]): Promise<void> {
    const newest = this.#kept.at(-1)
    const isNeeded = (kept: Kept) =>
      kept === newest || inUse.some((each) => sameSnapshot(each, kept.descriptor))
    const superfluous = this.#kept.filter((kept) => !isNeeded(kept))
    this.#kept = this.#kept.filter(isNeeded)
    for (const { name } of superfluous) await this.#directory.remove(name)
  }

  close(): Promise<void> {
    return this.discardIncoming()
  }
}

/** Whether the file has the bytes that the descriptor promises. */
async function holds(
  file: RaftFile,
  headerBytes: number,
  descriptor: SnapshotDescriptor,
): Promise<boolean> {
  let checksum = 0
  let position = 0
  for (;;) {
    const bytes = await file.read(headerBytes + position, readBytes)
    if (bytes.length === 0) break
    checksum = crc32(bytes, checksum)
    position += bytes.length
  }
  return position === descriptor.sizeBytes && checksum === descriptor.checksum
}
