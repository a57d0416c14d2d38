// Turns a place in a log (an end, an offset, a time, a distance) into an offset of each partition.

import { assertNever } from '../assert-never.ts'
import type { Cluster } from './cluster.ts'
import type { Position } from './fetcher.ts'
import {
  earliestTimestamp,
  type IsolationLevel,
  latestTimestamp,
  listOffsets,
  type TopicPartition,
} from './offsets.ts'
import type { Target } from './target.ts'

/** Offsets to read from; never past either end of the log. A negative shift counts from the end. */
export async function positionsAt(
  cluster: Cluster,
  target: Target,
  partitions: readonly TopicPartition[],
  isolation: IsolationLevel,
): Promise<Position[]> {
  const at = async (timestamp: number) => {
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    return await listOffsets(cluster, queries, isolation)
  }
  switch (target.kind) {
    case 'earliest':
      return await at(earliestTimestamp)
    case 'latest':
      return await at(latestTimestamp)
    case 'time': {
      const [found, ends] = [await at(target.timeMs), await at(latestTimestamp)]
      return found.map((one, index) => (one.offset < 0 ? (ends[index] ?? one) : one))
    }
    case 'offset':
    case 'shift': {
      const [starts, ends] = [await at(earliestTimestamp), await at(latestTimestamp)]
      return starts.map((start, index) => {
        const end = ends[index]?.offset ?? start.offset
        const offset =
          target.kind === 'offset' ? target.offset : shifted(target.by, start.offset, end)
        return { ...start, offset: Math.min(end, Math.max(start.offset, offset)) }
      })
    }
    default:
      return assertNever(target)
  }
}

function shifted(by: number, start: number, end: number): number {
  return by < 0 ? end + by : start + by
}
