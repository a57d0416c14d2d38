// Followers of the metadata at all speeds: whatever way they take, they end with the image of the
// controller.

import type { MetadataImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { imageOfSnapshot } from '@samsa/controller/image/snapshot'
import { encodeRecord, type NewRecord } from '@samsa/controller/records/record'
import { type Following, MetadataFeed } from '@samsa/controller/service/metadata-feed'
import { MetadataUpdate } from '@samsa/proto/grpc/gen/controller'
import { describe, expect, it } from 'vitest'
import { applied, uuidCounter } from '../../../support/controller/controllers.ts'

const newUuid = uuidCounter()

class Source {
  image: MetadataImage = emptyImage
  leaderId = 1
  readonly feed: MetadataFeed

  constructor(recentBytesMax?: number) {
    this.feed = new MetadataFeed({
      image: () => this.image,
      leader: () => ({ leaderId: this.leaderId, epoch: 1, host: 'h', port: 1 }),
      ...(recentBytesMax === undefined ? {} : { recentBytesMax }),
    })
  }

  commit(...records: NewRecord[]): void {
    const baseOffset = this.image.offset + 1
    this.image = applied(this.image, records)
    this.feed.committed({ baseOffset, epoch: 1, records: records.map(encodeRecord) })
  }

  createTopics(count: number): void {
    for (let index = 0; index < count; index++) {
      const topicId = newUuid()
      this.commit({ type: 'topic', name: `topic-${topicId}`, topicId })
    }
  }
}

/** Takes so many updates at a time. */
class Follower {
  image: MetadataImage = emptyImage
  leaderId = -2
  snapshots = 0
  room = Number.POSITIVE_INFINITY
  readonly updates: Buffer[] = []
  readonly following: Following
  #parts: Buffer[] = []

  constructor(source: Source, nextOffset = 0, room = Number.POSITIVE_INFINITY) {
    this.room = room
    this.following = source.feed.follow(nextOffset, (update) => {
      this.updates.push(update)
      this.#take(MetadataUpdate.decode(update))
      this.room--
      return this.room > 0
    })
  }

  drain(room: number): void {
    this.room = room
    this.following.drained()
  }

  #take(update: MetadataUpdate): void {
    if (update.update === 'leader') this.leaderId = update.leader.leaderId
    if (update.update === 'batch') {
      const { baseOffset, records } = update.batch
      expect(baseOffset).toBe(this.image.offset + 1)
      this.#parts.push(...records)
      this.#apply(baseOffset + records.length - 1)
    }
    if (update.update !== 'snapshot') return
    const { isFirst, isLast, records, offset } = update.snapshot
    if (isFirst) this.#parts = []
    this.#parts.push(...records)
    if (!isLast) return
    this.snapshots++
    this.#apply(offset)
  }

  #apply(offset: number): void {
    this.image = imageOfSnapshot(this.#parts, offset, -1)
  }
}

function names(image: MetadataImage): string[] {
  return [...image.topicsByName.keys()].toSorted()
}

describe('the metadata feed', () => {
  it('sends who leads, then what is new, as it comes', () => {
    const source = new Source()
    const follower = new Follower(source)
    expect(follower.leaderId).toBe(1)
    source.createTopics(3)
    expect(names(follower.image)).toEqual(names(source.image))
    expect(follower.snapshots).toBe(0)
    source.leaderId = 2
    source.feed.leaderChanged()
    expect(follower.leaderId).toBe(2)
  })

  it('encodes a batch once for all followers', () => {
    const source = new Source()
    const followers = [new Follower(source), new Follower(source)]
    source.createTopics(1)
    const [first, second] = followers.map(({ updates }) => updates.at(-1))
    expect(first).toBe(second)
  })

  it('goes on where a follower left off, while it remembers that', () => {
    const source = new Source()
    source.createTopics(10)
    const offsets: number[] = []
    source.feed.follow(6, (update) => {
      offsets.push(MetadataUpdate.decode(update).batch?.baseOffset ?? -1)
      return true
    })
    expect(offsets).toEqual([-1, 6, 7, 8, 9])
  })

  it('starts with a snapshot where the batches are forgotten', () => {
    const source = new Source(200)
    source.createTopics(50)
    const follower = new Follower(source)
    expect(follower.snapshots).toBe(1)
    source.createTopics(1)
    expect(names(follower.image)).toEqual(names(source.image))
    expect(follower.snapshots).toBe(1)
  })

  it('waits for a slow follower, and starts it again from a snapshot, in parts', () => {
    const source = new Source(1_000)
    const follower = new Follower(source, 0, 2)
    source.createTopics(2_000)
    expect(follower.updates).toHaveLength(2)
    for (let turn = 0; turn < 100; turn++) follower.drain(1)
    expect(names(follower.image)).toEqual(names(source.image))
    expect(follower.snapshots).toBe(1)
    expect(follower.updates.length).toBeGreaterThan(3)
  })

  it('waits until it has itself what a follower knows already', () => {
    const source = new Source()
    source.createTopics(2)
    const follower = new Follower(source, 4)
    expect(follower.updates).toHaveLength(1)
    source.createTopics(2)
    expect(follower.updates).toHaveLength(1)
    follower.following.stop()
    expect(source.feed.followerCount).toBe(0)
    source.createTopics(2)
    expect(follower.updates).toHaveLength(1)
  })

  it('starts everybody from a snapshot when the image was replaced', () => {
    const source = new Source()
    const follower = new Follower(source)
    source.createTopics(1)
    const topicId = newUuid()
    source.image = applied(source.image, [{ type: 'topic', name: 'new', topicId }])
    source.feed.replaced()
    expect(follower.snapshots).toBe(1)
    expect(names(follower.image)).toEqual(names(source.image))
  })
})
