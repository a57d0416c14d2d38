// One log directory (an entry of log.dirs): its identity, its checkpoints, the logs in it, and
// whether it can be relied on. A directory goes offline for good at the first error of its disk; a
// full one refuses appends until there is room again.

import type { Clock, Timers } from '../clock.ts'
import type { Disk, DiskSpace } from '../disk/disk.ts'
import { OffsetCheckpoint } from './checkpoint/offset-checkpoint.ts'
import type { DiskPartitionLog } from './disk-partition-log.ts'
import {
  cleanerCheckpointFile,
  highWatermarkFile,
  logStartOffsetFile,
  partitionDirectoryName,
  recoveryPointFile,
} from './file-names.ts'
import { spaceCheckIntervalMs } from './limits.ts'
import type { LogHome } from './log-home.ts'
import type { LogEvents, LogManagerConfig } from './log-manager.ts'
import { WriteTurn } from './log-writer.ts'
import type { SegmentContext } from './segment.ts'
import { SerialTasks } from './serial-tasks.ts'

export interface DirectoryOptions {
  readonly path: string
  readonly directoryId: string
  readonly context: SegmentContext
  readonly config: () => LogManagerConfig
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly events: LogEvents
  readonly onFailure: (directory: LogDirectory, error: Error) => void
  /** Lets other processes use the directory. */
  readonly unlock: () => Promise<void>
}

export class LogDirectory implements LogHome {
  readonly path: string
  readonly directoryId: string
  readonly unlock: () => Promise<void>
  readonly context: SegmentContext
  readonly turn = new WriteTurn()
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly events: LogEvents
  /** By the name of the partition's folder. */
  readonly logs = new Map<string, DiskPartitionLog>()
  readonly recoveryPoints: OffsetCheckpoint
  readonly logStartOffsets: OffsetCheckpoint
  readonly highWatermarks: OffsetCheckpoint
  readonly cleanerOffsets: OffsetCheckpoint
  readonly #config: () => LogManagerConfig
  readonly #onFailure: (directory: LogDirectory, error: Error) => void
  readonly #sync = new SerialTasks()
  #nextSync: Promise<void> | null = null
  #failure: Error | null = null
  #fullReason: string | null = null
  #spaceCheckedMs = Number.NEGATIVE_INFINITY
  #isCheckingSpace = false
  /** What the last look left above the reserve; writes since then are taken off. */
  #roomBytes = Number.POSITIVE_INFINITY

  constructor(options: DirectoryOptions) {
    this.path = options.path
    this.directoryId = options.directoryId
    this.unlock = options.unlock
    this.context = options.context
    this.clock = options.clock
    this.timers = options.timers
    this.random = options.random
    this.events = options.events
    this.#config = options.config
    this.#onFailure = options.onFailure
    const { disk } = options.context.files
    this.recoveryPoints = new OffsetCheckpoint(disk, options.path, recoveryPointFile)
    this.logStartOffsets = new OffsetCheckpoint(disk, options.path, logStartOffsetFile)
    this.highWatermarks = new OffsetCheckpoint(disk, options.path, highWatermarkFile)
    this.cleanerOffsets = new OffsetCheckpoint(disk, options.path, cleanerCheckpointFile)
  }

  get disk(): Disk {
    return this.context.files.disk
  }

  get online(): boolean {
    return this.#failure === null
  }

  get producerIdExpirationMs(): number {
    return this.#config().producerIdExpirationMs
  }

  get fullReason(): string | null {
    if (this.#fullReason !== null) this.#lookAtSpace()
    return this.#fullReason
  }

  get full(): boolean {
    return this.#fullReason !== null
  }

  noteWritten(bytes: number): void {
    this.#roomBytes -= bytes
    this.#lookAtSpace()
  }

  /** At most once an interval, and at once when the room that was there has been used up. */
  #lookAtSpace(): void {
    if (this.#isCheckingSpace || !this.online) return
    const isDue = this.clock.monotonicMs() - this.#spaceCheckedMs >= spaceCheckIntervalMs
    if (!isDue && (this.#roomBytes > 0 || this.full)) return
    this.checkSpace().catch((error: unknown) => {
      this.events.warn({ directory: this.path, error }, 'free space is not known')
    })
  }

  async checkSpace(): Promise<void> {
    this.#isCheckingSpace = true
    try {
      this.#judgeSpace(await this.disk.space(this.path))
    } finally {
      this.#isCheckingSpace = false
      this.#spaceCheckedMs = this.clock.monotonicMs()
    }
  }

  #judgeSpace({ usableBytes }: DiskSpace): void {
    const { logDirReserveBytes } = this.#config()
    this.#roomBytes = usableBytes - logDirReserveBytes
    const isFull = usableBytes <= logDirReserveBytes
    if (isFull && !this.full) {
      const room = `${usableBytes} bytes left, ${logDirReserveBytes} are reserved`
      this.#fullReason = `${this.path} has ${room}`
      const fields = { directory: this.path, usableBytes, logDirReserveBytes }
      this.events.error(fields, 'the disk is nearly full: writes are refused')
    } else if (!isFull && this.full) {
      this.#fullReason = null
      this.events.info({ directory: this.path, usableBytes }, 'there is room again: writes go on')
    }
  }

  noteFull(error: unknown): void {
    // Tried again after an interval, whatever statfs says: a quota does not show there.
    this.#spaceCheckedMs = this.clock.monotonicMs()
    if (this.full) return
    this.#fullReason = `${this.path} is full`
    this.events.error({ directory: this.path, error }, 'the disk is full: writes are refused')
  }

  fail(cause: unknown): void {
    if (this.#failure !== null) return
    const error = cause instanceof Error ? cause : new Error(String(cause))
    this.#failure = error
    this.events.error({ directory: this.path, error }, 'a log directory is offline')
    this.#onFailure(this, error)
  }

  /**
   * Forces the directory's entries to the device; calls that come while one is under way share the
   * next.
   */
  syncEntries(): Promise<void> {
    this.#nextSync ??= this.#sync.run(() => {
      this.#nextSync = null
      return this.disk.syncDirectory(this.path)
    })
    return this.#nextSync
  }

  checkpointRecoveryPoints(): Promise<void> {
    return this.recoveryPoints.write(this.#offsets((log) => log.recoveryPoint))
  }

  checkpointLogStartOffsets(): Promise<void> {
    return this.logStartOffsets.write(this.#offsets((log) => log.logStartOffset))
  }

  checkpointHighWatermarks(): Promise<void> {
    return this.highWatermarks.write(this.#offsets((log) => log.highWatermark))
  }

  /** Only of logs that were ever cleaned, as in Kafka. */
  checkpointCleanerOffsets(): Promise<void> {
    const offsets = [...this.#offsets((log) => log.cleanedTo)].filter(([, offset]) => offset > 0)
    return this.cleanerOffsets.write(new Map(offsets))
  }

  #offsets(offsetOf: (log: DiskPartitionLog) => number): Map<string, number> {
    const offsets = new Map<string, number>()
    for (const log of this.logs.values()) {
      offsets.set(partitionDirectoryName(log.topic, log.partition), offsetOf(log))
    }
    return offsets
  }
}
