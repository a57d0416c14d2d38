// Chooses the partition of a record as Kafka's default partitioner does: a key lands where Java
// clients put it. A record without a key goes to one partition until its batch is full (KIP-480).

import { partitionOfKey } from '@samsa/proto/record/murmur2'

export class Partitioner {
  readonly #random: () => number
  #sticky = -1
  #stickyBytes = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  choose(
    key: Buffer | null,
    partitionCount: number,
    batch: { bytes: number; max: number },
  ): number {
    if (key !== null) return partitionOfKey(key, partitionCount)
    this.#stickyBytes += batch.bytes
    const isFull = this.#stickyBytes > batch.max
    if (isFull || this.#sticky < 0 || this.#sticky >= partitionCount) {
      this.#sticky = Math.floor(this.#random() * partitionCount)
      this.#stickyBytes = batch.bytes
    }
    return this.#sticky
  }
}
