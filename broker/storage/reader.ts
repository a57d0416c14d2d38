// One Read: from a place in a partition on, then behind the high watermark (or the last stable
// offset) until the caller leaves. Reads ahead by one response only: while one is on its way to the
// caller the next is read, and then waits. Never sends what is not visible.

import { Form, Isolation, Position, type ReadRequest } from '@samsa/proto/grpc/gen/storage'
import { batchSize, recordCount } from '@samsa/proto/record/batch'
import { assert } from '../assert.ts'
import type { AbortedTransaction, PartitionLog } from '../log/partition-log.ts'
import { waitForRecords } from '../replica/fetch-wait.ts'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import { unpackedRecords } from './batches-to-records.ts'
import { StorageError } from './failure.ts'
import { responseBytesDefault, responseBytesMax } from './limits.ts'
import { ledPartition } from './partitions.ts'
import {
  caughtUpLog,
  checkIsolation,
  offsetOfPosition,
  offsetOfTime,
  visibleEnd,
} from './positions.ts'
import {
  batchesContent,
  headroomBytes,
  type OutgoingResponse,
  type ReadProgress,
} from './response-encoding.ts'

export interface ReaderOptions {
  readonly services: Services
  readonly request: ReadRequest
  readonly signal: AbortSignal
  /** Resolves when the response has been taken, so that the next may follow. */
  readonly send: (response: OutgoingResponse) => Promise<void>
  /** What one response may hold now that so many read. */
  readonly shareBytes: () => number
  /** Where the group has got to; -1 when it has committed nothing. */
  readonly committedOffset: (groupId: string, partition: Partition) => Promise<number>
}

/** A reader with nothing to do looks whether all is well as often as this. */
const idleCheckMs = 60_000
const emptyReadPauseMs = 20

export class Reader {
  readonly #options: ReaderOptions
  readonly #request: ReadRequest
  readonly #partition: Partition
  readonly #responseBytes: number
  readonly #endOffset: number
  #nextOffset = -1
  #sent: Promise<void> = Promise.resolve()

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#request = options.request
    const { maxBytes, endOffset, form, isolation, lastLeaderEpoch, start } = options.request
    checkIsolation(isolation)
    if (form !== Form.FORM_RECORDS && form !== Form.FORM_BATCHES) {
      throw new StorageError('INVALID_REQUEST', `form ${form} has no meaning`)
    }
    if (maxBytes < 0 || (endOffset ?? 0) < 0) {
      throw new StorageError('INVALID_REQUEST', 'max_bytes and end_offset are not below 0')
    }
    if (lastLeaderEpoch !== null && start !== 'offset') {
      throw new StorageError('INVALID_REQUEST', 'last_leader_epoch belongs to an offset')
    }
    this.#responseBytes =
      maxBytes === 0 ? responseBytesDefault : Math.min(maxBytes, responseBytesMax)
    this.#endOffset = endOffset ?? Number.MAX_SAFE_INTEGER
    this.#partition = ledPartition(options.services, options.request)
  }

  /** Resolves when all that was asked for has been sent, or the caller has left. */
  async run(): Promise<void> {
    const { signal } = this.#options
    const log = await this.#partition.openLog()
    this.#nextOffset = await this.#start()
    this.#check(log)
    await this.#send(log, Buffer.alloc(0))
    while (!signal.aborted && this.#nextOffset < this.#endOffset) {
      this.#check(log)
      if (this.#nextOffset >= visibleEnd(log, this.#request.isolation))
        await this.#wait(idleCheckMs)
      else await this.#readOnce(log)
    }
    await this.#sent
  }

  async #start(): Promise<number> {
    const { request } = this.#options
    switch (request.start) {
      case 'offset':
        return request.offset
      case 'timestampMs': {
        const log = await caughtUpLog(this.#partition)
        const { offset } = await offsetOfTime(log, request.timestampMs, request.isolation)
        return offset < 0 ? visibleEnd(log, request.isolation) : offset
      }
      case 'group': {
        const { groupId, otherwise } = request.group
        const committed = await this.#options.committedOffset(groupId, this.#partition)
        return committed >= 0 ? committed : this.#startAt(otherwise)
      }
      default:
        return this.#startAt(request.position ?? Position.POSITION_EARLIEST)
    }
  }

  async #startAt(position: number): Promise<number> {
    if (position === Position.POSITION_MAX_TIMESTAMP) {
      throw new StorageError('INVALID_REQUEST', 'a read starts at an end, an offset or a time')
    }
    const log =
      position === Position.POSITION_EARLIEST
        ? await this.#partition.openLog()
        : await caughtUpLog(this.#partition)
    return (await offsetOfPosition(log, position, this.#request.isolation)).offset
  }

  /** Throws where reading on is not possible. */
  #check(log: PartitionLog): void {
    const { topic, topicId, index } = this.#partition
    // Also finds a partition that is led again, but in other hands than those we hold.
    const now = ledPartition(this.#options.services, { topic, topicId, partition: index })
    if (now !== this.#partition) {
      throw new StorageError('NOT_LEADER_OR_FOLLOWER', `${topic}-${index} was opened anew`)
    }
    if (!log.online) throw new StorageError('KAFKA_STORAGE_ERROR', `${topic}-${index} is offline`)
    const offset = this.#nextOffset
    this.#checkEpoch(log, offset)
    if (offset >= log.logStartOffset && offset <= log.logEndOffset) return
    if (offset > log.logEndOffset) this.#mustKnowTheEnd()
    throw new StorageError(
      'OFFSET_OUT_OF_RANGE',
      `offset ${offset} is not between ${log.logStartOffset} and ${log.logEndOffset}`,
    )
  }

  /** Whether the log still has what the reader read before (KIP-320). */
  #checkEpoch(log: PartitionLog, offset: number): void {
    const { lastLeaderEpoch, offset: first } = this.#request
    if (lastLeaderEpoch === null || offset !== first) return
    const { epoch, endOffset } = log.endOffsetForEpoch(lastLeaderEpoch)
    if (epoch === lastLeaderEpoch && endOffset >= offset) return
    // No epoch as old as that: the log begins after it, and says no more.
    if (epoch < 0 && offset <= log.logStartOffset) return
    if (epoch < 0) this.#mustKnowTheEnd()
    throw new StorageError(
      'OFFSET_OUT_OF_RANGE',
      `the log no longer has what was read before offset ${offset}`,
      { context: { diverging: { leaderEpoch: epoch, endOffset } } },
    )
  }

  /** A leader that is cut off does not know what another one has written since. */
  #mustKnowTheEnd(): void {
    if (this.#options.services.replicas.inContact) return
    throw new StorageError('NOT_LEADER_OR_FOLLOWER', 'the leader is cut off from the controller')
  }

  #wait(waitMaxMs: number): Promise<void> {
    const { services, signal } = this.#options
    return waitForRecords({
      partitions: [this.#partition],
      bytesMin: 1,
      waitMaxMs,
      timers: services.timers,
      signal,
    })
  }

  async #readOnce(log: PartitionLog): Promise<void> {
    const { form, isolation } = this.#request
    const maxBytes = Math.min(this.#responseBytes, this.#options.shareBytes())
    let buffer = Buffer.alloc(0)
    const { records, nextOffset, abortedTransactions } = await log.read({
      offset: this.#nextOffset,
      maxBytes,
      minOneBatch: true,
      upTo: visibleEnd(log, isolation),
      abortedTransactions: isolation === Isolation.ISOLATION_READ_COMMITTED,
      allocate: (sizeBytes) => {
        buffer = Buffer.allocUnsafeSlow(headroomBytes + sizeBytes)
        return buffer.subarray(headroomBytes)
      },
    })
    // It was cut meanwhile: what is wrong shows in a moment, if anything is.
    if (records.length === 0) return this.#wait(emptyReadPauseMs)
    assert(records.buffer === buffer.buffer, 'the records are where they were to be read to')
    this.#count(records)
    if (form === Form.FORM_RECORDS) {
      return this.#sendRecords(log, { records, nextOffset, abortedTransactions, maxBytes })
    }
    this.#nextOffset = nextOffset
    const position = records.byteOffset - buffer.byteOffset
    const content = batchesContent(buffer, position, records.length)
    await this.#send(log, content, abortedTransactions)
  }

  async #sendRecords(
    log: PartitionLog,
    read: {
      readonly records: Buffer
      readonly nextOffset: number
      readonly abortedTransactions: readonly AbortedTransaction[] | null
      readonly maxBytes: number
    },
  ): Promise<void> {
    const pieces = unpackedRecords(read.records, {
      fromOffset: this.#nextOffset,
      endOffset: this.#endOffset,
      responseBytes: read.maxBytes,
      aborted: read.abortedTransactions,
    })
    let last: Buffer | null = null
    for (const { content, nextOffset } of pieces) {
      if (last !== null) await this.#send(log, last)
      if (this.#options.signal.aborted) return
      last = content
      this.#nextOffset = nextOffset
    }
    this.#nextOffset = Math.min(read.nextOffset, this.#endOffset)
    await this.#send(log, last ?? Buffer.alloc(0))
  }

  /** Waits for the response before this one, not for this one. */
  async #send(
    log: PartitionLog,
    content: Buffer,
    aborted: readonly AbortedTransaction[] | null = null,
  ): Promise<void> {
    const progress: ReadProgress = {
      nextOffset: this.#nextOffset,
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
      leaderEpoch: this.#nextOffset > 0 ? log.epochForOffset(this.#nextOffset - 1) : -1,
      abortedTransactions: aborted,
    }
    await this.#sent
    this.#sent = this.#options.send({ progress, content })
    // Whoever waits for it next hears of a failure.
    this.#sent.catch(() => undefined)
  }

  #count(batches: Buffer): void {
    let records = 0
    for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
      records += recordCount(batches, at)
    }
    this.#options.services.metrics.onFetched(this.#partition.topic, batches.length, records)
  }
}
