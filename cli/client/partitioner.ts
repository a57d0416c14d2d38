// Chooses the partition of a record as Kafka's default partitioner does, so that a key lands where
// Java clients put it. A record without a key goes to one random partition until that one's batch
// is full (KIP-480).

import { murmur2, partitionOfKey } from '@samsa/proto/record/murmur2'

export { murmur2, partitionOfKey }

export class Partitioner {
  readonly #partitionCount: number
  #sticky: number

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount
    this.#sticky = this.#random()
  }

  choose(key: Buffer | null): number {
    return key === null ? this.#sticky : partitionOfKey(key, this.#partitionCount)
  }

  /** The batch of a partition is full: records without a key move on. */
  batchFull(partition: number): void {
    if (partition === this.#sticky) this.#sticky = this.#random()
  }

  #random(): number {
    return Math.floor(Math.random() * this.#partitionCount)
  }
}
