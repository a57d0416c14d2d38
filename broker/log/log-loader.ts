// Opens the log in a partition's folder. After a clean stop it trusts what is there; after a crash
// it scans from the recovery point on, cuts a torn tail, rebuilds indexes, epochs and producers,
// and refuses a log with damage in its middle.

import { join } from 'node:path'
import { baseOffset, leaderEpoch } from '@samsa/proto/record/batch'
import { readFileIfExists } from '../disk/atomic-file.ts'
import { CheckpointDamagedError } from './checkpoint/checkpoint-text.ts'
import { LeaderEpochs } from './checkpoint/leader-epochs.ts'
import { recoverSwaps } from './cleaner/swap-recovery.ts'
import { examineDamage } from './damage.ts'
import { fileSuffix, leaderEpochFile, offsetFileName, parseOffsetFileName } from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import { LogDamagedError } from './log-errors.ts'
import type { LogEvents } from './log-manager.ts'
import { encodeSnapshot } from './producer/producer-snapshot.ts'
import { ProducerState } from './producer/producer-state.ts'
import { reloadProducers } from './producer/reload.ts'
import { SnapshotFiles } from './producer/snapshot-files.ts'
import { Segment, type SegmentContext } from './segment.ts'
import { SegmentList } from './segment-list.ts'
import { type ScanResult, scanBatches } from './segment-scan.ts'

export interface LoadOptions {
  readonly context: SegmentContext
  readonly directory: string
  readonly config: LogConfig
  /** The node was stopped properly, so that the files can be trusted. */
  readonly clean: boolean
  /** Everything below is on the device. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** The cleaner's checkpoint. */
  readonly cleanedTo: number
  readonly producerIdExpirationMs: number
  readonly nowMs: number
  readonly jitterMs: () => number
  readonly events: LogEvents
}

export interface LoadedLog {
  readonly segments: SegmentList
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
  readonly logStartOffset: number
  readonly endOffset: number
  readonly recoveryPoint: number
  readonly cleanedTo: number
}

export function loadLog(options: LoadOptions): Promise<LoadedLog> {
  return new LogLoader(options).load()
}

class LogLoader {
  readonly #options: LoadOptions
  readonly #producers = new ProducerState()
  #epochs = new LeaderEpochs()
  #epochsAreSound = true
  /** Index of the first segment that is scanned; the number of segments when none is. */
  #firstUnsafe = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  async load(): Promise<LoadedLog> {
    const { directory, context } = this.#options
    const { disk } = context.files
    const found = await recoverSwaps(context.files, directory, await disk.list(directory))
    const names = await this.#removeLeftovers(found)
    let segments = await this.#openSegments(names)
    const snapshots = new SnapshotFiles(
      context.files.disk,
      directory,
      offsetsOf(names, '.snapshot'),
    )
    await this.#readEpochs()
    const trustedEnd = await this.#findTrusted(segments, names)
    const { endOffset, cutAt } = await this.#replay(segments, trustedEnd, snapshots)
    if (cutAt !== null) segments = await this.#removeFrom(segments, cutAt)
    return this.#finish(segments, snapshots, endOffset)
  }

  /** Files that waited for their removal, or were being written, when the node stopped. */
  async #removeLeftovers(names: readonly string[]): Promise<string[]> {
    const { directory, context } = this.#options
    const logs = new Set(offsetsOf(names, fileSuffix.log))
    const kept: string[] = []
    for (const name of names) {
      const parsed = parseOffsetFileName(name)
      const isIndex = parsed !== null && parsed.suffix !== '.log' && parsed.suffix !== '.snapshot'
      const isOrphan = isIndex && !logs.has(parsed.offset)
      if (isOrphan || /\.(?:deleted|tmp)$/.test(name)) {
        await context.files.disk.remove(join(directory, name))
      } else {
        kept.push(name)
      }
    }
    return kept
  }

  async #openSegments(names: readonly string[]): Promise<Segment[]> {
    const bases = offsetsOf(names, fileSuffix.log).sort((a, b) => a - b)
    const isNew = bases.length === 0
    if (isNew) bases.push(this.#options.logStartOffset)
    const segments = bases.map((base) => this.#newSegment(base))
    if (isNew) await segments[0]?.make()
    for (const segment of segments) await segment.load()
    return segments
  }

  #newSegment(base: number): Segment {
    const { context, directory, nowMs, jitterMs } = this.#options
    return new Segment(context, directory, base, { createdMs: nowMs, jitterMs: jitterMs() })
  }

  async #readEpochs(): Promise<void> {
    const { directory, context, events } = this.#options
    const path = join(directory, leaderEpochFile)
    const content = await readFileIfExists(context.files.disk, path)
    if (content === null) return
    try {
      this.#epochs = LeaderEpochs.decode(content, path)
    } catch (error) {
      if (!(error instanceof CheckpointDamagedError)) throw error
      events.warn({ path, error }, 'leader epochs are read again from the log')
      this.#epochsAreSound = false
    }
  }

  /** Settles which segments must be scanned; returns the offset up to which the log is trusted. */
  async #findTrusted(segments: readonly Segment[], names: readonly string[]): Promise<number> {
    this.#firstUnsafe = this.#epochsAreSound ? this.#firstToScan(segments, names) : 0
    const trustedEnd = this.#firstUnsafe < segments.length ? null : await this.#endOf(segments)
    if (trustedEnd !== null) return trustedEnd
    this.#firstUnsafe = Math.min(this.#firstUnsafe, segments.length - 1)
    return segments[this.#firstUnsafe]?.baseOffset ?? 0
  }

  #firstToScan(segments: readonly Segment[], names: readonly string[]): number {
    const isIncomplete = ({ baseOffset: base, sizeBytes }: Segment) =>
      sizeBytes > 0 &&
      !(
        names.includes(offsetFileName(base, fileSuffix.offsetIndex)) &&
        names.includes(offsetFileName(base, fileSuffix.timeIndex))
      )
    const incomplete = segments.findIndex(isIncomplete)
    const unflushed = this.#options.clean ? segments.length : this.#indexOfRecoveryPoint(segments)
    return incomplete < 0 ? unflushed : Math.min(incomplete, unflushed)
  }

  #indexOfRecoveryPoint(segments: readonly Segment[]): number {
    const after = segments.findIndex((segment) => segment.baseOffset > this.#options.recoveryPoint)
    return Math.max(0, (after < 0 ? segments.length : after) - 1)
  }

  /** Brings the producers up to the log's end, rebuilding the unsafe segments on the way. */
  async #replay(
    segments: readonly Segment[],
    trustedEnd: number,
    snapshots: SnapshotFiles,
  ): Promise<{ endOffset: number; cutAt: number | null }> {
    await reloadProducers({
      producers: this.#producers,
      snapshots,
      segments,
      endOffset: trustedEnd,
      nowMs: this.#options.nowMs,
      expirationMs: this.#options.producerIdExpirationMs,
    })
    let endOffset = trustedEnd
    for (const [index, segment] of segments.entries()) {
      if (index < this.#firstUnsafe) continue
      if (index > this.#firstUnsafe) {
        if (this.#isApart(segment, endOffset)) {
          this.#warnOfCut(segment, 0, endOffset, `the segment before it ends at ${endOffset}`)
          return { endOffset, cutAt: index }
        }
        await this.#takeSnapshot(snapshots, segment.baseOffset)
      }
      const recovered = await this.#recover(segment, segments.slice(index + 1))
      endOffset = recovered.nextOffset
      if (recovered.isCut) return { endOffset, cutAt: index + 1 }
    }
    return { endOffset, cutAt: null }
  }

  /** What is on the device already may have gaps, where Kafka compacted it. */
  #isApart({ baseOffset: base }: Segment, endOffset: number): boolean {
    return base < endOffset || (base > endOffset && base > this.#options.recoveryPoint)
  }

  /**
   * The end offset of a log whose files are trusted; null where its tail turns out to be unsound.
   */
  async #endOf(segments: readonly Segment[]): Promise<number | null> {
    const active = segments.at(-1)
    if (active === undefined) return null
    const { position } = await active.offsetIndex.lookup(Number.MAX_SAFE_INTEGER)
    const scan = await scanBatches({
      file: active.file,
      from: position,
      to: active.sizeBytes,
      nextOffset: active.baseOffset,
      checkCrc: false,
      onBatch: () => undefined,
    })
    return scan.damage === null ? scan.nextOffset : null
  }

  async #recover(
    segment: Segment,
    later: readonly Segment[],
  ): Promise<{ nextOffset: number; isCut: boolean }> {
    const fileBytes = segment.sizeBytes
    await segment.reset()
    const scan = await scanBatches({
      file: segment.file,
      from: 0,
      to: fileBytes,
      nextOffset: segment.baseOffset,
      checkCrc: true,
      onBatch: (buffer, at, _position, size) => this.#take(segment, buffer, at, size),
    })
    segment.writtenBytes = segment.sizeBytes
    segment.syncedBytes = 0
    if (scan.damage === null) return { nextOffset: scan.nextOffset, isCut: false }
    await this.#requireTornTail(segment, scan, fileBytes, later)
    await segment.file.use(async (file) => {
      await file.truncate(scan.position)
      await file.sync()
    })
    this.#warnOfCut(segment, scan.position, scan.nextOffset, scan.damage.reason)
    return { nextOffset: scan.nextOffset, isCut: true }
  }

  #take(segment: Segment, buffer: Buffer, at: number, size: number): void {
    const batch = buffer.subarray(at, at + size)
    segment.add(batch, 0, size, this.#options.config.indexIntervalBytes)
    const epoch = leaderEpoch(buffer, at)
    if (epoch > this.#epochs.latest) this.#epochs.assign(epoch, baseOffset(buffer, at))
    const aborted = this.#producers.apply(buffer, at)
    if (aborted !== null) segment.transactionIndex.append(aborted)
  }

  /** Throws a LogDamagedError unless what follows the damage can never have been on the device. */
  async #requireTornTail(
    segment: Segment,
    scan: ScanResult,
    fileBytes: number,
    later: readonly Segment[],
  ): Promise<void> {
    const damage = await examineDamage({
      file: segment.file,
      from: scan.position,
      to: fileBytes,
    })
    const isFollowed = damage.soundBatchAt >= 0 || later.some((next) => next.sizeBytes > 0)
    if (!isFollowed || damage.hasMissingPage) return
    if (damage.soundBatchAt < 0 && scan.damage?.isCutShort === true) return
    const reason = scan.damage?.reason ?? 'unsound bytes'
    throw new LogDamagedError(segment.file.path, scan.position, scan.nextOffset, reason)
  }

  #warnOfCut(segment: Segment, position: number, offset: number, reason: string): void {
    const fields = { path: segment.file.path, position, offset, reason }
    this.#options.events.warn(fields, 'the log is cut where a crash left it torn')
  }

  async #takeSnapshot(snapshots: SnapshotFiles, offset: number): Promise<void> {
    const content = encodeSnapshot(this.#producers.entries())
    await snapshots.write(offset, content, 'rebuildable')
  }

  async #removeFrom(segments: readonly Segment[], index: number): Promise<Segment[]> {
    for (const segment of segments.slice(index).toReversed()) await segment.remove()
    return segments.slice(0, index)
  }

  async #finish(
    segments: readonly Segment[],
    snapshots: SnapshotFiles,
    endOffset: number,
  ): Promise<LoadedLog> {
    const list = new SegmentList(segments)
    const firstUnsafe = this.#firstUnsafe
    for (const segment of segments.slice(firstUnsafe, -1)) await segment.freeze()
    if (firstUnsafe >= segments.length) await list.active.activate()
    await snapshots.removeAbove(endOffset)
    const logStartOffset = Math.min(
      Math.max(this.#options.logStartOffset, list.first.baseOffset),
      endOffset,
    )
    this.#epochs.truncateFromEnd(endOffset)
    this.#epochs.truncateFromStart(logStartOffset)
    this.#producers.endOffset = endOffset
    return {
      segments: list,
      epochs: this.#epochs,
      producers: this.#producers,
      snapshots,
      logStartOffset,
      endOffset,
      recoveryPoint: this.#options.clean
        ? endOffset
        : Math.min(this.#options.recoveryPoint, endOffset),
      cleanedTo: Math.min(this.#options.cleanedTo, endOffset),
    }
  }
}

function offsetsOf(names: readonly string[], suffix: string): number[] {
  const offsets: number[] = []
  for (const name of names) {
    const parsed = parseOffsetFileName(name)
    if (parsed !== null && parsed.suffix === suffix) offsets.push(parsed.offset)
  }
  return offsets
}
