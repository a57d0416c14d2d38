// Handlers for a fake broker that holds one topic in memory: metadata, producer ids, produce,
// offsets and fetch as a broker with nothing else to do would answer. Tests put their own handlers
// in front of these.

import {
  addToSequence,
  baseSequence,
  lastOffset,
  recordCount,
  setBaseOffset,
} from '@samsa/proto/record/batch'
import { type DecodedRecord, decodeRecords } from '@samsa/proto/record/records'
import type { FakeHandlers } from './fake-broker.ts'

export const fakeTopicName = 'orders'
export const fakeTopicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

interface FakePartition {
  batches: Buffer[]
  nextSequence: number
}

export class FakeTopic {
  readonly partitions: readonly FakePartition[]
  /** Set once the broker listens. */
  port = 0
  logStartOffset = 0

  constructor(partitionCount: number) {
    this.partitions = Array.from({ length: partitionCount }, () => ({
      batches: [],
      nextSequence: 0,
    }))
  }

  records(index: number): DecodedRecord[] {
    return [...decodeRecords(Buffer.concat(this.partitions[index]?.batches ?? []))]
  }

  end(index: number): number {
    const last = this.partitions[index]?.batches.at(-1)
    return last === undefined ? 0 : lastOffset(last, 0) + 1
  }

  /**
   * Appends as a leader does: duplicates are answered with success, gaps with
   * OUT_OF_ORDER_SEQUENCE_NUMBER.
   */
  append(index: number, records: Buffer): number {
    const partition = this.partitions[index]
    if (partition === undefined) return 3
    const sequence = baseSequence(records, 0)
    if (sequence >= 0) {
      if (sequence < partition.nextSequence) return 0
      if (sequence > partition.nextSequence) return 45
      partition.nextSequence = addToSequence(sequence, recordCount(records, 0))
    }
    const batch = Buffer.from(records)
    setBaseOffset(batch, 0, this.end(index))
    partition.batches.push(batch)
    return 0
  }

  handlers(): FakeHandlers {
    return {
      metadata: ({ topics }) => ({
        brokers: [{ nodeId: 1, host: '127.0.0.1', port: this.port }],
        clusterId: 'fake',
        controllerId: 1,
        topics: (topics ?? [{ name: fakeTopicName }]).map(({ name }) =>
          name === fakeTopicName ? this.#metadata() : unknownTopic(name),
        ),
      }),
      initProducerId: () => ({ errorCode: 0, producerId: 7, producerEpoch: 0 }),
      produce: ({ topicData }) => ({
        responses: topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(({ index, records }) => ({
            index,
            errorCode: this.append(index, records ?? Buffer.alloc(0)),
            baseOffset: 0,
          })),
        })),
      }),
      listOffsets: ({ topics }) => ({
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => ({
            partitionIndex,
            errorCode: 0,
            offset: timestamp === -2 ? this.logStartOffset : this.end(partitionIndex),
          })),
        })),
      }),
      fetch: ({ topics }) => ({
        sessionId: 0,
        responses: topics.map(({ topic, topicId, partitions }) => ({
          topic,
          topicId,
          partitions: partitions.map(({ partition, fetchOffset }) =>
            this.#fetched(partition, fetchOffset),
          ),
        })),
      }),
    }
  }

  #fetched(index: number, fetchOffset: number) {
    const isInRange = fetchOffset >= this.logStartOffset && fetchOffset <= this.end(index)
    const batches = this.partitions[index]?.batches ?? []
    return {
      partitionIndex: index,
      errorCode: isInRange ? 0 : 1,
      highWatermark: this.end(index),
      abortedTransactions: null,
      records: Buffer.concat(
        isInRange ? batches.filter((batch) => lastOffset(batch, 0) >= fetchOffset) : [],
      ),
    }
  }

  #metadata() {
    return {
      errorCode: 0,
      name: fakeTopicName,
      topicId: fakeTopicId,
      partitions: this.partitions.map((_, partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
      })),
    }
  }
}

function unknownTopic(name: string | null) {
  return { errorCode: 3, name, topicId: fakeTopicId, partitions: [] }
}
