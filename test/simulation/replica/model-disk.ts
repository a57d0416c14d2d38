// A broker's disk as far as replication depends on it. What is written is in the page cache, and
// outlives a killed process; what is flushed outlives a power cut, and so does some of the rest. A
// cut of a log is durable once it is done.

import type { PartitionIdentity } from '@samsa/broker/replica/partition'
import type { Random } from '../shared/random.ts'
import { indexOf, type LoggedBatch } from './batches.ts'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** One partition's folder. */
export class StoredReplica {
  readonly identity: PartitionIdentity
  batches: LoggedBatch[] = []
  logStartOffset = 0
  /** One past the last batch; where the next one goes in an empty log. */
  endOffset = 0
  flushedEnd = 0
  /** The file of leader epochs; what has begun since it was written is not in it. */
  epochs: readonly EpochStart[] = []
  /** The checkpoint. */
  highWatermark = 0
  /** It lost records by a power cut, and whoever counts on it has not been told yet. */
  isDamaged = false
  /** Numbers of the batches that power cuts took from it. */
  readonly lost = new Set<number>()

  constructor(identity: PartitionIdentity) {
    this.identity = identity
  }

  write(batch: LoggedBatch): void {
    this.batches.push(batch)
    this.endOffset = batch.lastOffset + 1
  }

  cut(offset: number): void {
    this.batches.length = indexOf(this.batches, offset)
    this.endOffset = offset
    this.flushedEnd = Math.min(this.flushedEnd, offset)
    this.logStartOffset = Math.min(this.logStartOffset, offset)
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < offset)
  }

  restart(offset: number): void {
    this.batches = []
    this.epochs = []
    this.endOffset = offset
    this.flushedEnd = offset
    this.logStartOffset = offset
  }

  deleteBefore(offset: number): void {
    this.logStartOffset = offset
    this.batches.splice(0, indexOf(this.batches, offset))
  }

  /** Of what was not flushed, the first part stays. */
  cutPower(random: Random): void {
    const unflushed = this.batches.slice(indexOf(this.batches, this.flushedEnd))
    const lost = unflushed[random.integer(0, unflushed.length)]
    if (lost !== undefined) {
      for (const { number } of unflushed.slice(unflushed.indexOf(lost))) this.lost.add(number)
      this.cut(Math.max(lost.baseOffset, this.logStartOffset))
      this.isDamaged = true
    }
    // Recovery makes the file anew from the batches where it is damaged.
    if (random.chance(0.5)) this.epochs = []
    this.flushedEnd = this.endOffset
  }
}

export class ModelDisk {
  readonly replicas = new Map<string, StoredReplica>()
  /** The epoch of the broker that stopped cleanly; -1 while one runs, or did not stop so. */
  cleanBrokerEpoch = -1

  replica(topicId: string, partition: number): StoredReplica | undefined {
    return this.replicas.get(replicaKey(topicId, partition))
  }

  get isDamaged(): boolean {
    return [...this.replicas.values()].some((replica) => replica.isDamaged)
  }

  cutPower(random: Random): void {
    for (const replica of this.replicas.values()) replica.cutPower(random)
  }
}

export function replicaKey(topicId: string, partition: number): string {
  return `${topicId}-${partition}`
}
