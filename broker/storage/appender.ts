// Appends what a request holds to the partition that it names. The part of an append up to its
// place in the log runs before `append` returns, so that appends keep the order of the calls.

import { Acks, type AppendResponseInit } from '@samsa/proto/grpc/gen/storage'
import { batchField, batchHeaderBytes, isTransactional } from '@samsa/proto/record/batch'
import { BrokerError } from '../errors.ts'
import type { Append } from '../log/partition-log.ts'
import type { Leading } from '../replica/leading.ts'
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
    if (!this.#services.replicas.inContact) {
      const text = 'this broker has lost the controller: another may lead by now'
      throw new StorageError('NOT_LEADER_OR_FOLLOWER', text)
    }
    check(message)
    const batch = this.#batchOf(message, partition)
    const found = partition.lead()
    const leading = found instanceof Promise ? await found : found
    if (message.acks === Acks.ACKS_ALL) checkIsr(leading)
    const append = leading.append(batch, 'client')
    if (!append.duplicate) {
      const recordCount = batch.readInt32BE(batchField.recordCount)
      this.#services.metrics.onProduced(partition.topic, batch.length, recordCount)
    }
    if (message.acks === Acks.ACKS_NONE) {
      // It was not waited for, as asked: how it ended is told to nobody.
      append.written.catch(() => undefined)
      return { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 }
    }
    await append.written
    if (message.acks === Acks.ACKS_ALL) await committed(leading, append, message)
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
}

function checkIsr({ isUnderMinIsr, isr, isrSizeMin }: Leading): void {
  if (!isUnderMinIsr) return
  const text = `${isr.length} replicas are in sync, min.insync.replicas is ${isrSizeMin}`
  throw new StorageError('NOT_ENOUGH_REPLICAS', text)
}

/** Waits until as many replicas have it as the topic asks for. */
async function committed(leading: Leading, append: Append, message: AppendMessage): Promise<void> {
  const timeoutMs = message.timeoutMs === 0 ? appendTimeoutMsDefault : message.timeoutMs
  const waiting = leading.committed(append, timeoutMs)
  const error = waiting === null ? null : await waiting
  if (error === null) return
  throw new StorageError(error, 'the records were written, but are not known to be committed')
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
