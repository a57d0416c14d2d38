// The committed metadata, for brokers that follow it. Owns a bounded memory of the newest batches,
// each encoded once for all followers. One that is too slow for it starts again from a snapshot:
// a follower can never make this controller hold more.

import { MetadataUpdate, type QuorumLeaderInit } from '@samsa/proto/grpc/gen/controller'
import { encodedSnapshot } from '../image/snapshot.ts'
import type { MetadataImage } from '../image.ts'
import type { CommittedBatch } from '../metadata-log.ts'

/** An encoded MetadataUpdate goes in; false comes back while no more should. */
export type SendUpdate = (update: Buffer) => boolean

export interface FeedOptions {
  readonly image: () => MetadataImage
  /** Who leads and where it is reached; asked at each change, and for each new follower. */
  readonly leader: () => Omit<QuorumLeaderInit, 'committedOffset'>
  /** What is kept of the newest batches. */
  readonly recentBytesMax?: number
}

/** A start of a cluster of 10,000 partitions in one; the newest is kept whatever its size. */
const recentBytesMaxDefault = 1024 * 1024
/** A part of a snapshot; a single larger record still goes, alone. */
const snapshotPartBytes = 64 * 1024

interface EncodedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly update: Buffer
}

interface SnapshotInSending {
  readonly offset: number
  readonly records: Iterator<Buffer, undefined>
  isFirst: boolean
}

interface Follower {
  readonly send: SendUpdate
  nextOffset: number
  leaderIsSent: boolean
  snapshot: SnapshotInSending | null
  blocked: boolean
}

export interface Following {
  /** What was sent has left: more may come. */
  drained(): void
  stop(): void
}

export class MetadataFeed {
  readonly #options: FeedOptions
  readonly #followers = new Set<Follower>()
  #recent: EncodedBatch[] = []
  #recentBytes = 0

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get followerCount(): number {
    return this.#followers.size
  }

  /** Sends all from `nextOffset` on, now and as it comes. */
  follow(nextOffset: number, send: SendUpdate): Following {
    const follower: Follower = {
      send,
      nextOffset,
      leaderIsSent: false,
      snapshot: null,
      blocked: false,
    }
    this.#followers.add(follower)
    this.#feed(follower)
    return {
      drained: () => {
        follower.blocked = false
        if (this.#followers.has(follower)) this.#feed(follower)
      },
      stop: () => void this.#followers.delete(follower),
    }
  }

  /** The batch is in the image. */
  committed({ baseOffset, epoch, records }: CommittedBatch): void {
    const encoded = MetadataUpdate.encode({ batch: { baseOffset, epoch, records } }).finish()
    const update = encoded as Buffer
    this.#recent.push({ baseOffset, lastOffset: baseOffset + records.length - 1, update })
    this.#recentBytes += update.length
    this.#forget()
    for (const follower of this.#followers) this.#feed(follower)
  }

  /** The image was replaced as a whole. */
  replaced(): void {
    this.#recent = []
    this.#recentBytes = 0
    for (const follower of this.#followers) this.#feed(follower)
  }

  leaderChanged(): void {
    for (const follower of this.#followers) {
      follower.leaderIsSent = false
      this.#feed(follower)
    }
  }

  /** Says to each follower, now and then, that this controller lives, and what it knows. */
  tick(): void {
    this.leaderChanged()
  }

  #forget(): void {
    const bytesMax = this.#options.recentBytesMax ?? recentBytesMaxDefault
    while (this.#recentBytes > bytesMax && this.#recent.length > 1) {
      this.#recentBytes -= this.#recent.shift()?.update.length ?? 0
    }
  }

  #feed(follower: Follower): void {
    while (!follower.blocked) {
      const update = this.#nextFor(follower)
      if (update === null) return
      follower.blocked = !follower.send(update)
    }
  }

  /** Null when the follower has all that there is. */
  #nextFor(follower: Follower): Buffer | null {
    if (!follower.leaderIsSent) {
      follower.leaderIsSent = true
      const leader = { ...this.#options.leader(), committedOffset: this.#options.image().offset }
      return MetadataUpdate.encode({ leader }).finish() as Buffer
    }
    if (follower.snapshot === null) {
      const image = this.#options.image()
      if (follower.nextOffset > image.offset) return null
      const batch = this.#batchFrom(follower.nextOffset)
      if (batch !== null) {
        follower.nextOffset = batch.lastOffset + 1
        return batch.update
      }
      const records = encodedSnapshot(image)
      follower.snapshot = { offset: image.offset, records, isFirst: true }
    }
    return nextPart(follower, follower.snapshot)
  }

  /** The batch that goes on from there, unless it is forgotten. */
  #batchFrom(nextOffset: number): EncodedBatch | null {
    // Almost always the last one.
    for (let index = this.#recent.length - 1; index >= 0; index--) {
      const batch = this.#recent[index]
      if (batch !== undefined && batch.baseOffset <= nextOffset) {
        return batch.lastOffset >= nextOffset ? batch : null
      }
    }
    return null
  }
}

function nextPart(follower: Follower, snapshot: SnapshotInSending): Buffer {
  const records: Buffer[] = []
  let bytes = 0
  let isLast = false
  while (bytes < snapshotPartBytes && !isLast) {
    const next = snapshot.records.next()
    if (next.value === undefined) {
      isLast = true
    } else {
      records.push(next.value)
      bytes += next.value.length
    }
  }
  const { offset, isFirst } = snapshot
  snapshot.isFirst = false
  if (isLast) {
    follower.snapshot = null
    follower.nextOffset = offset + 1
  }
  const part = { offset, records, isFirst, isLast }
  return MetadataUpdate.encode({ snapshot: part }).finish() as Buffer
}
