// ListOffsets of the storage API: ends of logs and points in time, each partition with an error of
// its own.

import {
  type ListedOffsetInit,
  type ListOffsetsRequest,
  type ListOffsetsResponseInit,
  type OffsetQuery,
  Position,
} from '@samsa/proto/grpc/gen/storage'
import { failureOf, StorageError } from './failure.ts'
import { itemsMax } from './limits.ts'
import { ledPartition, type PartitionServices, topicNamed } from './partitions.ts'
import { caughtUpLog, checkIsolation, offsetOfPosition, offsetOfTime } from './positions.ts'

const earliest: number = Position.POSITION_EARLIEST

export async function listOffsets(
  services: PartitionServices,
  request: ListOffsetsRequest,
): Promise<ListOffsetsResponseInit> {
  const { partitions, isolation } = request
  if (partitions.length > itemsMax) {
    throw new StorageError('INVALID_REQUEST', `more than ${itemsMax} partitions in a request`)
  }
  checkIsolation(isolation)
  // A topic that is not there fails the call, as in the others that name one.
  topicNamed(services.metadata(), request)
  const listed = partitions.map(async (query): Promise<ListedOffsetInit> => {
    const { partition } = query
    try {
      return { partition, ...(await find(services, request, query)) }
    } catch (error) {
      const failure = failureOf(error)
      return { partition, offset: -1, timestampMs: -1, leaderEpoch: -1, error: failure }
    }
  })
  return { partitions: await Promise.all(listed) }
}

async function find(
  services: PartitionServices,
  { topic, topicId, isolation }: ListOffsetsRequest,
  query: OffsetQuery,
): Promise<Omit<ListedOffsetInit, 'partition'>> {
  const led = ledPartition(services, { topic, topicId, partition: query.partition })
  const isEarliest = query.at !== 'timestampMs' && (query.position ?? 0) === earliest
  const log = isEarliest ? await led.openLog() : await caughtUpLog(led)
  const { offset, timestamp, leaderEpoch } =
    query.at === 'timestampMs'
      ? await offsetOfTime(log, query.timestampMs, isolation)
      : await offsetOfPosition(log, query.position ?? 0, isolation)
  return { offset, timestampMs: timestamp, leaderEpoch }
}
