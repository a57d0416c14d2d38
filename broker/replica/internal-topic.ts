// Writes and reads the partitions of an internal topic for the coordinator that keeps its state
// there. Knows nothing of what the records say. What it answers as written is committed, and what
// it reads is all that was committed before.

import type { TopicImage } from '@samsa/controller/image'
import { isControl, isTransactional, producerId } from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { batchPositions } from '@samsa/proto/record/batches'
import {
  decodeEndTransactionMarker,
  encodeEndTransactionMarker,
} from '@samsa/proto/record/control-batch'
import { batchRecords } from '@samsa/proto/record/records'
import type {
  AppendedAs,
  BatchKind,
  KeyValueRecord,
  MarkerBatch,
  PartitionWriter,
  RecordVisitor,
} from '../coordinator/partition-writer.ts'
import { BrokerError } from '../errors.ts'
import type { Append } from '../log/partition-log.ts'
import type { Leading } from './leading.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** Bytes of one read while loading: few reads, and little memory. */
const loadReadBytes = 1024 * 1024
/** offsets.commit.timeout.ms by default: how long a write waits for the replicas. */
const commitTimeoutMsDefault = 5000
/** It ends with the leadership. */
const noTimeoutMs = 2 ** 31

export class InternalTopic implements PartitionWriter {
  readonly #topic: () => TopicImage | undefined
  readonly #replicas: () => ReplicaManager

  readonly #commitTimeoutMs: number

  /**
   * `commitTimeoutMs`: how long a write may wait for the replicas; one that was given up may be
   * committed all the same.
   */
  constructor(
    topic: () => TopicImage | undefined,
    replicas: () => ReplicaManager,
    commitTimeoutMs = commitTimeoutMsDefault,
  ) {
    this.#topic = topic
    this.#replicas = replicas
    this.#commitTimeoutMs = commitTimeoutMs
  }

  #lead(index: number): Leading | Promise<Leading> {
    const partition = this.#replicas().leader(this.#topic(), index)
    if (typeof partition === 'string') throw new BrokerError(partition, partition)
    return partition.lead()
  }

  async append(index: number, records: readonly KeyValueRecord[], as: AppendedAs) {
    const { timestampMs, kind, leaderEpoch } = as
    const leading = await this.#lead(index)
    if (leaderEpoch !== undefined && leading.leaderEpoch !== leaderEpoch) {
      throw new BrokerError('NOT_LEADER_OR_FOLLOWER', `leader epoch ${leaderEpoch} is over`)
    }
    if (leading.isUnderMinIsr) {
      throw new BrokerError('NOT_ENOUGH_REPLICAS', `too few replicas are in sync`)
    }
    const append =
      kind?.type === 'marker'
        ? appendMarker(leading, kind, timestampMs)
        : leading.append(
            encodeBatch(
              records.map((record) => ({ ...record, timestampMs })),
              kind === undefined ? {} : transactional(kind),
            ),
            'coordinator',
            kind === undefined ? {} : { guard: kind.guard },
          )
    await append.written
    const error = await leading.committed(append, this.#commitTimeoutMs)
    if (error !== null) throw new BrokerError(error, 'the write is not known to be committed')
    return append.lastOffset
  }

  /** What this leadership wrote and gave up waiting for is in the log, and will be committed. */
  async #allCommitted(leading: Leading): Promise<void> {
    const lastOffset = leading.log.logEndOffset - 1
    const error = await leading.committed({ lastOffset }, noTimeoutMs)
    if (error !== null) throw new BrokerError(error, 'the log is not known to be committed')
  }

  async readAll(index: number, visitor: RecordVisitor, signal: AbortSignal): Promise<void> {
    const leading = await this.#lead(index)
    // What former leaders answered as written may not be known to be committed yet.
    const error = await leading.whenCaughtUp()
    if (error !== null) throw new BrokerError(error, 'the partition is not led here any more')
    await this.#allCommitted(leading)
    const { log } = leading
    let offset = log.logStartOffset
    while (offset < log.highWatermark) {
      signal.throwIfAborted()
      const { records, nextOffset } = await log.read({
        offset,
        maxBytes: loadReadBytes,
        minOneBatch: true,
        upTo: log.highWatermark,
        abortedTransactions: false,
      })
      for (const position of batchPositions(records)) {
        if (isControl(records, position)) visitMarker(visitor, records, position)
        else visitRecords(visitor, records, position)
      }
      // Nothing is left below the high watermark: a log that was cut within a gap.
      if (nextOffset === offset) return
      offset = nextOffset
    }
  }
}

/** Ends the producer's transaction in the partition, with acks=all asked for by nobody yet. */
export function appendMarker(leading: Leading, marker: MarkerBatch, timestampMs: number): Append {
  const { producerId: id, producerEpoch, coordinatorEpoch, isCommit, transactionVersion } = marker
  const batch = encodeEndTransactionMarker(
    { type: isCommit ? 'commit' : 'abort', coordinatorEpoch },
    { producerId: id, producerEpoch, timestampMs },
  )
  return leading.append(batch, 'coordinator', { transactionVersion })
}

function transactional({ producerId: id, producerEpoch }: Exclude<BatchKind, MarkerBatch>) {
  return { producerId: id, producerEpoch, isTransactional: true }
}

function visitMarker(visitor: RecordVisitor, records: Buffer, position: number): void {
  const marker = decodeEndTransactionMarker(records, position)
  if (marker === undefined) return
  visitor.onMarker?.(producerId(records, position), marker.type === 'commit')
}

function visitRecords(visitor: RecordVisitor, records: Buffer, position: number): void {
  const transactionOf = isTransactional(records, position) ? producerId(records, position) : null
  for (const { key, value, offset, timestampMs } of batchRecords(records, position)) {
    if (key !== null) visitor.onRecord({ key, value }, { offset, timestampMs, transactionOf })
  }
}
