// Appends what a request holds to the partition that it names. The part of an append up to its
// place in the log runs before `append` returns, so that appends keep the order of the calls.

import { Acks, type AppendResponseInit } from '@samsa/proto/grpc/gen/storage'
import { batchField, batchHeaderBytes, isTransactional } from '@samsa/proto/record/batch'
import { BrokerError } from '../errors.ts'
import type { Append } from '../log/partition-log.ts'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import type { AppendMessage } from './append-decoding.ts'
import { StorageError } from './failure.ts'
import { appendTimeoutMsDefault, appendTimeoutMsMax } from './limits.ts'
import { ledPartition } from './partitions.ts'
import { batchOfRecords } from './records-to-batch.ts'

export class Appender {
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  async append(message: AppendMessage): Promise<AppendResponseInit> {
    const partition = ledPartition(this.#services, message)
    check(message)
    const batch = this.#batchOf(message, partition)
    if (message.acks === Acks.ACKS_ALL) this.#checkReplicas(partition)
    const opened = partition.openLog()
    const log = opened instanceof Promise ? await opened : opened
    const append = partition.append(log, batch, 'client')
    if (!append.duplicate) {
      const recordCount = batch.readInt32BE(batchField.recordCount)
      this.#services.metrics.onProduced(partition.topic, batch.length, recordCount)
    }
    if (message.acks === Acks.ACKS_NONE) {
      // It was not waited for, as asked: how it ended is told to nobody.
      append.written.catch(() => undefined)
      return { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 }
    }
    await this.#written(append, message)
    const { baseOffset, logAppendTimeMs, logStartOffset } = append
    return { baseOffset, logAppendTimeMs, logStartOffset }
  }

  #batchOf({ batch, records }: AppendMessage, partition: Partition): Buffer {
    if (batch !== null) return checkedBatch(batch)
    if (records === null) throw new StorageError('INVALID_REQUEST', 'there is nothing to append')
    const { maxMessageBytes: batchBytesMax } = this.#services.topicConfig(partition.topic)
    const rules = { batchBytesMax, nowMs: this.#services.clock.nowMs() }
    try {
      return batchOfRecords(records, rules)
    } catch (error) {
      if (error instanceof BrokerError) throw error
      throw new StorageError('INVALID_REQUEST', 'the records cannot be read', { cause: error })
    }
  }

  #checkReplicas({ topic, image: { isr, replicas } }: Partition): void {
    const configured = this.#services.topicConfig(topic).minInsyncReplicas
    const needed = Math.min(configured, replicas.length)
    if (isr.length >= needed) return
    const text = `${isr.length} replicas are in sync, min.insync.replicas is ${needed}`
    throw new StorageError('NOT_ENOUGH_REPLICAS', text)
  }

  async #written(append: Append, { timeoutMs }: AppendMessage): Promise<void> {
    const waitMaxMs = timeoutMs === 0 ? appendTimeoutMsDefault : timeoutMs
    let timer: { cancel(): void } | undefined
    const expired = new Promise<never>((_, reject) => {
      timer = this.#services.timers.schedule(waitMaxMs, () => {
        const text = `not acknowledged within ${waitMaxMs} ms; the records may be there or not`
        reject(new StorageError('REQUEST_TIMED_OUT', text))
      })
    })
    try {
      await Promise.race([append.written, expired])
    } finally {
      timer?.cancel()
    }
  }
}

function check({ acks, timeoutMs }: AppendMessage): void {
  if (acks !== Acks.ACKS_ALL && acks !== Acks.ACKS_LEADER && acks !== Acks.ACKS_NONE) {
    throw new StorageError('INVALID_REQUIRED_ACKS', `acks ${acks} has no meaning`)
  }
  if (timeoutMs < 0 || timeoutMs > appendTimeoutMsMax) {
    const text = `timeout_ms is ${timeoutMs}, not between 0 and ${appendTimeoutMsMax}`
    throw new StorageError('INVALID_REQUEST', text)
  }
}

/** All else that a batch must be is checked by the log. */
function checkedBatch(batch: Buffer): Buffer {
  if (batch.length < batchHeaderBytes) {
    throw new StorageError('INVALID_RECORD', 'an append must hold exactly one record batch')
  }
  // No transaction can be open: no transactional id is handed out.
  if (isTransactional(batch, 0)) {
    throw new StorageError('INVALID_TXN_STATE', 'the batch belongs to no open transaction')
  }
  return batch
}
