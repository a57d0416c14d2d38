// Writes the segment that a group of segments becomes, under names that end in .cleaned. All of it
// is on the device when `finish` resolves. Without that `close` leaves nothing behind.

import { batchSize } from '@samsa/proto/record/batch'
import type { Disk } from '../../disk/disk.ts'
import { cleanedSuffix } from '../file-names.ts'
import { IndexPages } from '../index/index-pages.ts'
import type { AbortedTxn } from '../index/transaction-index.ts'
import { OpenFiles } from '../open-files.ts'
import { Segment } from '../segment.ts'

export interface OutputOptions {
  readonly directory: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
}

const openFilesMax = 8
/** Forced to the device as it goes: a sync of all at once would hold up those of appends. */
const syncBytes = 8 * 1024 * 1024

export class SegmentOutput {
  readonly #segment: Segment
  readonly #indexIntervalBytes: number
  #buffers: Buffer[] = []
  #finished = false

  constructor(disk: Disk, { directory, baseOffset, indexIntervalBytes }: OutputOptions) {
    const context = { files: new OpenFiles(disk, openFilesMax), pages: new IndexPages() }
    const birth = { createdMs: 0, jitterMs: 0 }
    this.#segment = new Segment(context, directory, baseOffset, birth, cleanedSuffix)
    this.#indexIntervalBytes = indexIntervalBytes
  }

  get sizeBytes(): number {
    return this.#segment.sizeBytes
  }

  /** What an earlier cleaning left, when it was ended, goes. */
  async open(): Promise<void> {
    await this.#segment.discard()
    await this.#segment.make()
  }

  /** The batch must not change before `write` has resolved. */
  add(batch: Buffer): void {
    this.#segment.add(batch, 0, batchSize(batch, 0), this.#indexIntervalBytes)
    this.#buffers.push(batch)
  }

  addAborted(txn: AbortedTxn): void {
    this.#segment.transactionIndex.append(txn)
  }

  /** Returns how many bytes there were. */
  async write(): Promise<number> {
    const buffers = this.#buffers
    this.#buffers = []
    const segment = this.#segment
    const position = segment.writtenBytes
    const bytes = segment.sizeBytes - position
    if (bytes === 0) return 0
    await segment.file.use((file) => file.write(buffers, position))
    segment.writtenBytes = position + bytes
    if (segment.hasLongIndexTail) await segment.writeFullIndexPages()
    if (segment.writtenBytes - segment.syncedBytes >= syncBytes) await segment.sync()
    return bytes
  }

  async finish(): Promise<void> {
    await this.#segment.freeze()
    await this.#segment.sync()
    await this.#segment.syncIndexes()
    this.#finished = true
  }

  async close(): Promise<void> {
    if (this.#finished) await this.#segment.close()
    else await this.#segment.discard()
  }
}
