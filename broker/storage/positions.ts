// From what callers say of a place in a log (an end, a time) to its offset.

import { Isolation, Position } from '@samsa/proto/grpc/gen/storage'
import type { PartitionLog, TimestampedOffset } from '../log/partition-log.ts'
import type { Partition } from '../replica/partition.ts'
import { StorageError } from './failure.ts'

const notFound: TimestampedOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }

/** Exclusive: what a reader of this isolation may see. */
export function visibleEnd(log: PartitionLog, isolation: number): number {
  return isolation === Isolation.ISOLATION_READ_COMMITTED ? log.lastStableOffset : log.highWatermark
}

/**
 * The log of a leader that knows its end: a new one may not know yet how far the one before it had
 * committed, and its end would lie before records that readers have seen (KIP-207).
 */
export async function caughtUpLog(partition: Partition): Promise<PartitionLog> {
  const leading = await partition.lead()
  if (leading.isCaughtUp) return leading.log
  const text = 'the new leader does not know yet what is committed'
  throw new StorageError('OFFSET_NOT_AVAILABLE', text)
}

export async function offsetOfPosition(
  log: PartitionLog,
  position: number,
  isolation: number,
): Promise<TimestampedOffset> {
  switch (position) {
    case Position.POSITION_EARLIEST: {
      const offset = log.logStartOffset
      return { offset, timestamp: -1, leaderEpoch: log.epochForOffset(offset) }
    }
    case Position.POSITION_LATEST: {
      const offset = visibleEnd(log, isolation)
      return { offset, timestamp: -1, leaderEpoch: log.latestEpoch }
    }
    case Position.POSITION_MAX_TIMESTAMP:
      return (await log.offsetOfMaxTimestamp()) ?? notFound
    default:
      throw new StorageError('INVALID_REQUEST', `position ${position} has no meaning`)
  }
}

/** The first record of this time or a later one; offset -1 when no visible one is. */
export async function offsetOfTime(
  log: PartitionLog,
  timestampMs: number,
  isolation: number,
): Promise<TimestampedOffset> {
  if (timestampMs < 0) {
    throw new StorageError('INVALID_REQUEST', `timestamp ${timestampMs} is before 1970`)
  }
  const found = await log.offsetForTimestamp(timestampMs)
  return found !== null && found.offset < visibleEnd(log, isolation) ? found : notFound
}

export function checkIsolation(isolation: number): void {
  const known: readonly number[] = Object.values(Isolation)
  if (known.includes(isolation)) return
  throw new StorageError('INVALID_REQUEST', `isolation ${isolation} has no meaning`)
}
