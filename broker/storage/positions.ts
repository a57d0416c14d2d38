// From what callers say of a place in a log (an end, a time) to its offset.

import { Isolation, Position } from '@samsa/proto/grpc/gen/storage'
import type { PartitionLog, TimestampedOffset } from '../log/partition-log.ts'
import { StorageError } from './failure.ts'

const notFound: TimestampedOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }

/** Exclusive: what a reader of this isolation may see. */
export function visibleEnd(log: PartitionLog, isolation: number): number {
  return isolation === Isolation.ISOLATION_READ_COMMITTED ? log.lastStableOffset : log.highWatermark
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
