// What a leader sends of one partition: one read serves all followers that are at the same place,
// and what they are sent is the same bytes. A batch that does not match its checksum any more is
// never sent. Lives as long as the leadership.

import type { BrokerId } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { batchSize } from '@samsa/proto/record/batch'
import { checkCrc } from '@samsa/proto/record/batches'
import { RecordError } from '@samsa/proto/record/record-error'
import { BrokerError } from '../errors.ts'
import type { LogRead, PublishedBatches } from '../log/partition-log.ts'
import type { Leading } from '../replica/leading.ts'
import type { ReplicaMetrics } from '../replica/replica-metrics.ts'
import type { YoungMemory } from '../young-memory.ts'
import { allocateWithHeadroom, dataPiece, dataPieceInPlace } from './data-piece.ts'
import type { Feed } from './feed.ts'
import type { PeerEvents } from './peer-events.ts'

/** One read, as replica.fetch.max.bytes has it: large enough for the disk, small enough to share. */
const readBytesMax = 1024 * 1024

export class PartitionChannel {
  readonly id: number
  readonly leading: Leading
  readonly #feeds = new Map<BrokerId, Feed>()
  /** The piece made of the batches that were written last: the same for all followers. */
  #published: { readonly batches: PublishedBatches; readonly piece: Buffer } | null = null
  readonly #metrics: ReplicaMetrics
  readonly #events: PeerEvents
  readonly #memory: Pick<YoungMemory, 'shortLived'>
  readonly #onDamage: (error: Error) => void
  /** There may be more to do. */
  readonly wake: () => void

  constructor(
    id: number,
    leading: Leading,
    shared: {
      readonly metrics: ReplicaMetrics
      readonly events: PeerEvents
      readonly memory: Pick<YoungMemory, 'shortLived'>
      readonly wake: (channel: PartitionChannel) => void
      readonly onDamage: (channel: PartitionChannel, error: Error) => void
    },
  ) {
    this.id = id
    this.leading = leading
    this.#metrics = shared.metrics
    this.#events = shared.events
    this.#memory = shared.memory
    this.wake = () => shared.wake(this)
    this.#onDamage = (error) => shared.onDamage(this, error)
  }

  get isUnused(): boolean {
    return this.#feeds.size === 0
  }

  feedOf(brokerId: BrokerId): Feed | undefined {
    return this.#feeds.get(brokerId)
  }

  add(feed: Feed): void {
    this.#feeds.set(feed.brokerId, feed)
    this.wake()
  }

  remove(feed: Feed): void {
    if (this.#feeds.get(feed.brokerId) === feed) this.#feeds.delete(feed.brokerId)
  }

  /** Starts a read for each place where followers are, and tells the others what is news. */
  pump(): void {
    const places = new Map<number, Feed[]>()
    const { logEndOffset } = this.leading.log
    for (const feed of this.#feeds.values()) {
      if (feed.isReading) continue
      if (feed.nextOffset >= logEndOffset || !feed.hasRoom()) this.#sendNews(feed)
      else {
        const there = places.get(feed.nextOffset)
        if (there === undefined) places.set(feed.nextOffset, [feed])
        else there.push(feed)
      }
    }
    for (const [offset, feeds] of places) void this.#send(offset, feeds)
  }

  /** Who has all that was before gets a write from memory: it is neither read nor checked again. */
  sendPublished(feed: Feed, batches: PublishedBatches): void {
    const { baseOffset, endOffset: nextOffset, buffers, bytes } = batches
    if (feed.nextOffset !== baseOffset || feed.isReading || !feed.hasRoom()) return
    const { highWatermark, logStartOffset } = this.leading.log
    const fields = { channel: this.id, highWatermark, logStartOffset }
    if (this.#published?.batches !== batches) {
      this.#memory.shortLived(bytes)
      this.#published = { batches, piece: dataPiece(fields, buffers) }
      // Nobody asks for it in another turn.
      queueMicrotask(this.#forgetPublished)
    }
    this.#metrics.replicationBytesOut += bytes
    feed.sendRecords(this.#published.piece, fields, { nextOffset, bytes })
  }

  readonly #forgetPublished = (): void => {
    this.#published = null
  }

  #sendNews(feed: Feed): void {
    const { highWatermark, logStartOffset } = this.leading.log
    if (!feed.isNews(highWatermark, logStartOffset)) return
    const fields = { channel: this.id, highWatermark, logStartOffset }
    feed.send(dataPiece(fields, []), fields)
  }

  async #send(offset: number, feeds: readonly Feed[]): Promise<void> {
    for (const feed of feeds) feed.isReading = true
    let read: LogRead | null = null
    let error: KafkaErrorName | null = null
    try {
      read = await this.#read(offset)
    } catch (cause) {
      error = cause instanceof BrokerError ? cause.kafkaError : 'UNKNOWN_SERVER_ERROR'
      if (error !== 'OFFSET_OUT_OF_RANGE') this.#report(offset, cause)
    }
    for (const feed of feeds) feed.isReading = false
    const present = feeds.filter((feed) => this.#feeds.get(feed.brokerId) === feed)
    if (read === null) for (const feed of present) feed.end(error ?? 'UNKNOWN_SERVER_ERROR')
    else this.#deliver(read, present)
    this.wake()
  }

  async #read(offset: number): Promise<LogRead> {
    const { log } = this.leading
    const read = await log.read({
      offset,
      maxBytes: Math.min(readBytesMax, log.sizeBytes),
      minOneBatch: true,
      upTo: log.logEndOffset,
      abortedTransactions: false,
      allocate: allocateWithHeadroom,
    })
    const { records } = read
    for (let at = 0; at < records.length; at += batchSize(records, at)) checkCrc(records, at)
    if (records.length === 0) throw new BrokerError('KAFKA_STORAGE_ERROR', 'a read found nothing')
    return read
  }

  #deliver({ records, nextOffset }: LogRead, feeds: readonly Feed[]): void {
    const { highWatermark, logStartOffset } = this.leading.log
    const fields = { channel: this.id, highWatermark, logStartOffset }
    const bytes = records.length
    this.#memory.shortLived(bytes)
    const piece = dataPieceInPlace(fields, records)
    for (const feed of feeds) {
      this.#metrics.replicationBytesOut += bytes
      feed.sendRecords(piece, fields, { nextOffset, bytes })
    }
  }

  #report(offset: number, error: unknown): void {
    const { topicId, index: partition } = this.leading
    const fields = { topicId, partition, offset, error }
    if (error instanceof RecordError) {
      this.#events.error(fields, 'a batch at rest is damaged: it is not sent to followers')
      this.#onDamage(error)
    } else {
      this.#events.warn(fields, 'reading for a follower failed')
    }
  }
}
