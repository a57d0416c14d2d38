// What a log shares with the others of its directory and of the node.

import type { Clock, Timers } from '../clock.ts'
import type { LogEvents } from './log-manager.ts'
import type { WriteTurn } from './log-writer.ts'
import type { SegmentContext } from './segment.ts'

export interface LogHome {
  readonly context: SegmentContext
  readonly turn: WriteTurn
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly events: LogEvents
  readonly directoryId: string
  readonly online: boolean
  /** Why appends are refused: less than the reserve is free. Null while there is room. */
  readonly fullReason: string | null
  readonly producerIdExpirationMs: number
  /** Told of each write, so that free space is looked at while there is traffic. */
  noteWritten(bytes: number): void
  /** A write met a full disk. */
  noteFull(error: unknown): void
  /** The disk cannot be relied on: takes the whole directory offline. */
  fail(error: unknown): void
  /** Makes the directory's recovery points durable. */
  checkpointRecoveryPoints(): Promise<void>
  /** Makes durable how far the directory's logs are cleaned. */
  checkpointCleanerOffsets(): Promise<void>
  /** Makes the directory's log start offsets durable. */
  checkpointLogStartOffsets(): Promise<void>
}
