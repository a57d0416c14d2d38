// Writes and reads the partitions of an internal topic for the coordinator that keeps its state
// there. Knows nothing of what the records say. What it answers as written is committed, and what
// it reads is all that was committed before.

import type { TopicImage } from '@samsa/controller/image'
import { isControl } from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { batchPositions } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { KeyValueRecord, PartitionWriter } from '../coordinator/partition-writer.ts'
import { BrokerError } from '../errors.ts'
import type { Leading } from './leading.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** Bytes of one read while loading: few reads, and little memory. */
const loadReadBytes = 1024 * 1024
/** offsets.commit.timeout.ms by default: how long a write waits for the replicas. */
const commitTimeoutMs = 5000

export class InternalTopic implements PartitionWriter {
  readonly #topic: () => TopicImage | undefined
  readonly #replicas: () => ReplicaManager

  constructor(topic: () => TopicImage | undefined, replicas: () => ReplicaManager) {
    this.#topic = topic
    this.#replicas = replicas
  }

  #lead(index: number): Leading | Promise<Leading> {
    const partition = this.#replicas().leader(this.#topic(), index)
    if (typeof partition === 'string') throw new BrokerError(partition, partition)
    return partition.lead()
  }

  async append(index: number, records: readonly KeyValueRecord[], timestampMs: number) {
    const leading = await this.#lead(index)
    if (leading.isUnderMinIsr) {
      throw new BrokerError('NOT_ENOUGH_REPLICAS', `too few replicas are in sync`)
    }
    const batch = encodeBatch(records.map((record) => ({ ...record, timestampMs })))
    const append = leading.append(batch, 'coordinator')
    await append.written
    const error = await leading.committed(append, commitTimeoutMs)
    if (error !== null) throw new BrokerError(error, 'the write is not known to be committed')
    return append.lastOffset
  }

  async readAll(
    index: number,
    onRecord: (record: KeyValueRecord, offset: number, timestampMs: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const leading = await this.#lead(index)
    // What former leaders answered as written may not be known to be committed yet.
    const error = await leading.whenCaughtUp()
    if (error !== null) throw new BrokerError(error, 'the partition is not led here any more')
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
        if (isControl(records, position)) continue
        for (const record of batchRecords(records, position)) {
          if (record.key === null) continue
          onRecord({ key: record.key, value: record.value }, record.offset, record.timestampMs)
        }
      }
      // Nothing is left below the high watermark: a log that was cut within a gap.
      if (nextOffset === offset) return
      offset = nextOffset
    }
  }
}
