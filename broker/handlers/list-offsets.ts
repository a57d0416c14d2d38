// ListOffsets (key 2), versions 1-11: the offset at a timestamp, or at an end of the log. Special
// timestamps: latest -1, earliest -2, max timestamp -3 (KIP-734, v7), earliest local -4 (KIP-405,
// v8), latest tiered -5 (KIP-1005, v9), earliest pending upload -6 (KIP-1023, v11). Latest is the
// high watermark, or the last stable offset under read_committed (KIP-98); it is not available
// while a new leader has not committed what was in its log at the election (KIP-207).
// Differs from Kafka: nothing known; without tiered storage -4 equals -2, and -5 and -6 find
// nothing, as in Kafka.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { PartitionLog, TimestampedOffset } from '../log/partition-log.ts'
import type { Handler, RequestOf } from './handler.ts'

type Asked = RequestOf<'listOffsets'>['topics'][number]['partitions'][number]

const latest = -1
const earliest = -2
const maxTimestamp = -3
const earliestLocal = -4
const latestTiered = -5
const earliestPendingUpload = -6

/** The version that brought each special timestamp; an older request with it is not valid. */
const sinceVersion = new Map([
  [maxTimestamp, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPendingUpload, 11],
])

const readCommitted = 1
const notFound: TimestampedOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export const listOffsets: Handler<'listOffsets'> = async (request, services, context) => {
  const committed = request.isolationLevel === readCommitted
  const topics = request.topics.map(async ({ name, partitions }) => {
    const topic = services.metadata().topicsByName.get(name)
    const found = partitions.map(async (asked) => {
      try {
        const partition = services.replicas.leader(topic, asked.partitionIndex)
        if (typeof partition === 'string') throw new BrokerError(partition, partition)
        const epochError = partition.epochError(asked.currentLeaderEpoch)
        if (epochError !== null) throw new BrokerError(epochError, epochError)
        if (context.apiVersion < (sinceVersion.get(asked.timestamp) ?? 0)) {
          throw new BrokerError('UNSUPPORTED_VERSION', 'the timestamp is newer than the version')
        }
        const { log, isCaughtUp } = await partition.lead()
        const end = committed ? log.lastStableOffset : log.highWatermark
        const found = await lookUp(log, asked.timestamp, end)
        // Both of these depend on what is committed.
        const isOpen = asked.timestamp === latest || (found === notFound && asked.timestamp >= 0)
        if (isOpen && !isCaughtUp) {
          const error = context.apiVersion >= 5 ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE'
          throw new BrokerError(error, 'what is committed is not known yet')
        }
        return row(asked, found, 'NONE')
      } catch (error) {
        return { ...row(asked, notFound, 'NONE'), errorCode: errorCodeOf(error) }
      }
    })
    return { name, partitions: await Promise.all(found) }
  })
  return { topics: await Promise.all(topics) }
}

function row(
  asked: Asked,
  { offset, timestamp, leaderEpoch }: TimestampedOffset,
  e: KafkaErrorName,
) {
  const { partitionIndex } = asked
  return { partitionIndex, errorCode: errorCodes[e], timestamp, offset, leaderEpoch }
}

/** `end` is exclusive: what a reader of this isolation level may see. */
async function lookUp(log: PartitionLog, asked: number, end: number): Promise<TimestampedOffset> {
  switch (asked) {
    case latest:
      return { offset: end, timestamp: -1, leaderEpoch: log.latestEpoch }
    case earliest:
    case earliestLocal:
      return at(log, log.logStartOffset)
    case latestTiered:
    case earliestPendingUpload:
      return notFound
    case maxTimestamp: {
      const found = await log.offsetOfMaxTimestamp()
      return found ?? notFound
    }
    default: {
      if (asked < 0) throw new BrokerError('INVALID_REQUEST', `timestamp ${asked} has no meaning`)
      const found = await log.offsetForTimestamp(asked)
      return found !== null && found.offset < end ? found : notFound
    }
  }
}

function at(log: PartitionLog, offset: number): TimestampedOffset {
  return { offset, timestamp: -1, leaderEpoch: log.epochForOffset(offset) }
}
