// What a start finds: the newest snapshot and the log after it. The tail that a crash tore is cut;
// anything else that is missing or damaged is refused with the place, and no file is touched.

import type { MetadataSnapshot } from '../metadata-log.ts'
import type { MetadataStorage } from '../metadata-storage.ts'
import { type Listing, listing, logEndName, segmentName, snapshotName } from './files.ts'
import {
  decodeHeader,
  MetadataLogDamagedError,
  readBatches,
  type StoredBatch,
  wasDurable,
} from './format.ts'
import { readSnapshotFile } from './snapshots.ts'

export interface Recovered {
  readonly snapshot: MetadataSnapshot | null
  /** All that follows the snapshot, in order. */
  readonly batches: readonly StoredBatch[]
  readonly nextOffset: number
  readonly lastEpoch: number
  /** Base offsets of the segments still needed, ascending. */
  readonly segments: readonly number[]
  /** Size of the last segment up to the end of its last whole batch; the rest is to be cut. */
  readonly lastSegmentBytes: number
  readonly tornBytes: number
  /** Files that are of no use any more. */
  readonly superseded: readonly string[]
}

export async function recover(storage: MetadataStorage): Promise<Recovered> {
  const found = listing(await storage.list())
  const newest = found.snapshots.at(-1)
  const snapshot = newest === undefined ? null : await readSnapshotFile(storage, newest)
  const start = snapshot === null ? 0 : snapshot.offset + 1
  const segments = needed(found.segments, start)
  checkBeginning(segments, start)

  const log = new SegmentReader(start, snapshot?.epoch ?? 0)
  for (const [index, base] of segments.entries()) {
    const name = segmentName(base)
    log.read(name, base, await storage.read(name), index === segments.length - 1)
  }
  await checkEnd(storage, found, log.nextOffset)
  return {
    snapshot,
    batches: log.batches,
    nextOffset: log.nextOffset,
    lastEpoch: log.lastEpoch,
    segments,
    lastSegmentBytes: log.lastSegmentBytes,
    tornBytes: log.tornBytes,
    superseded: supersededFiles(found, segments),
  }
}

/** Segments that hold anything from `start` on: all but those whose successor begins no later. */
function needed(segments: readonly number[], start: number): number[] {
  return segments.filter((_, index) => {
    const next = segments[index + 1]
    return next === undefined || next > start
  })
}

function checkBeginning(segments: readonly number[], start: number): void {
  const first = segments[0]
  if (first !== undefined && first > start) {
    throw new MetadataLogDamagedError(
      `the metadata log begins at offset ${first}, but what comes before it ends at ${start - 1}`,
    )
  }
}

function supersededFiles(found: Listing, segments: readonly number[]): string[] {
  return [
    ...found.unfinished,
    ...found.snapshots.slice(0, -1).map(({ offset, epoch }) => snapshotName(offset, epoch)),
    ...found.segments.filter((base) => !segments.includes(base)).map(segmentName),
  ]
}

async function checkEnd(storage: MetadataStorage, found: Listing, end: number): Promise<void> {
  if (!found.hasLogEnd) return
  const text = (await storage.read(logEndName)).toString('latin1')
  const match = /^(\d+)\n$/.exec(text)
  if (match === null) throw new MetadataLogDamagedError(`${logEndName}: this is no offset`)
  const durableEnd = Number(match[1])
  if (end < durableEnd) {
    throw new MetadataLogDamagedError(
      `the metadata log ends at offset ${end}, but it was durable up to ${durableEnd}`,
    )
  }
}

class SegmentReader {
  readonly batches: StoredBatch[] = []
  nextOffset: number
  lastEpoch: number
  lastSegmentBytes = 0
  tornBytes = 0
  readonly #start: number

  constructor(start: number, epoch: number) {
    this.#start = start
    this.nextOffset = start
    this.lastEpoch = epoch
  }

  read(name: string, base: number, file: Buffer, isLast: boolean): void {
    if (decodeHeader(name, file, 'log') !== base) {
      throw new MetadataLogDamagedError(`${name}: its header says another offset`)
    }
    if (base > this.nextOffset) {
      throw new MetadataLogDamagedError(
        `${name}: the records from offset ${this.nextOffset} on are missing before it`,
      )
    }
    let expected = base
    const end = readBatches(file, (batch) => {
      if (batch.baseOffset !== expected || batch.epoch < this.lastEpochAt(batch)) {
        throw new MetadataLogDamagedError(
          `${name}: a batch of offset ${batch.baseOffset} and epoch ${batch.epoch}, where offset ${expected} ` +
            `and an epoch from ${this.lastEpochAt(batch)} on were due`,
        )
      }
      expected += batch.records.length
      this.#take(batch)
    })
    if (end < file.length && (!isLast || wasDurable(file, end))) {
      throw new MetadataLogDamagedError(
        `${name}: the batch of offset ${expected}, at byte ${end}, is damaged; it had been durable`,
      )
    }
    this.lastSegmentBytes = end
    this.tornBytes = file.length - end
  }

  /** Batches that the snapshot includes were written in epochs up to the snapshot's. */
  lastEpochAt(batch: StoredBatch): number {
    return batch.baseOffset < this.#start ? 0 : this.lastEpoch
  }

  #take(batch: StoredBatch): void {
    const end = batch.baseOffset + batch.records.length
    if (end <= this.#start) return
    this.lastEpoch = batch.epoch
    this.nextOffset = end
    const skip = Math.max(0, this.#start - batch.baseOffset)
    this.batches.push({
      ...batch,
      baseOffset: batch.baseOffset + skip,
      records: batch.records.slice(skip),
    })
  }
}
