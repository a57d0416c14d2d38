// Writes and reads the partitions of an internal topic for the coordinator that keeps its state
// there. Knows nothing of what the records say.

import type { TopicImage } from '@samsa/controller/image'
import { isControl } from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { batchPositions } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { KeyValueRecord, PartitionWriter } from '../coordinator/partition-writer.ts'
import { BrokerError } from '../errors.ts'
import type { Partition } from './partition.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** Bytes of one read while loading: few reads, and little memory. */
const loadReadBytes = 1024 * 1024

export class InternalTopic implements PartitionWriter {
  readonly #topic: () => TopicImage | undefined
  readonly #replicas: () => ReplicaManager

  constructor(topic: () => TopicImage | undefined, replicas: () => ReplicaManager) {
    this.#topic = topic
    this.#replicas = replicas
  }

  #leader(index: number): Partition {
    const partition = this.#replicas().leader(this.#topic(), index)
    if (typeof partition === 'string') throw new BrokerError(partition, partition)
    return partition
  }

  async append(index: number, records: readonly KeyValueRecord[], timestampMs: number) {
    const partition = this.#leader(index)
    const log = await partition.openLog()
    const batch = encodeBatch(records.map((record) => ({ ...record, timestampMs })))
    const append = partition.append(log, batch, 'coordinator')
    await append.written
    return append.lastOffset
  }

  async readAll(
    index: number,
    onRecord: (record: KeyValueRecord, offset: number, timestampMs: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const log = await this.#leader(index).openLog()
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
      offset = nextOffset
    }
  }
}
