// When a snapshot is due, and that only one is written at a time. The rule bounds both what a start
// has to read and how often the state is written anew (see limits.ts).

import { encodedSnapshot } from './image/snapshot.ts'
import type { MetadataImage } from './image.ts'
import { snapshotAfterBytesMin } from './limits.ts'
import type { MetadataSnapshot } from './metadata-log.ts'

export class SnapshotTrigger {
  readonly #write: (snapshot: MetadataSnapshot) => Promise<void>
  #bytesSince = 0
  #snapshotBytes = 0
  #writing = false

  constructor(write: (snapshot: MetadataSnapshot) => Promise<void>) {
    this.#write = write
  }

  /** The records of a snapshot that is being read, unchanged. */
  *loading(records: Iterable<Buffer>): Generator<Buffer, undefined> {
    this.#bytesSince = 0
    yield* this.#counted(records)
  }

  *#counted(records: Iterable<Buffer>): Generator<Buffer, undefined> {
    let bytes = 0
    for (const record of records) {
      bytes += record.length
      yield record
    }
    this.#snapshotBytes = bytes
  }

  /**
   * Records of this size were committed; resolves when the snapshot they called for, if any, is
   * written.
   */
  async committed(bytes: number, image: MetadataImage, epoch: number): Promise<void> {
    this.#bytesSince += bytes
    if (this.#writing) return
    if (this.#bytesSince < Math.max(snapshotAfterBytesMin, this.#snapshotBytes)) return
    this.#bytesSince = 0
    this.#writing = true
    try {
      const records = this.#counted(encodedSnapshot(image))
      await this.#write({ offset: image.offset, epoch, records })
    } finally {
      this.#writing = false
    }
  }
}
