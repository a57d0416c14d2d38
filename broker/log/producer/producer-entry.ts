// What a log remembers of one producer: its epoch, its last few batches, its open transaction
// (KIP-98). Batches are kept in a ring of objects that are used again, so that the append path
// allocates nothing.

import { addToSequence, noProducerEpoch, noSequence, noTimestamp } from '@samsa/proto/record/batch'
import { producerBatchesMax } from '../limits.ts'

export interface ProducerBatch {
  lastSequence: number
  lastOffset: number
  /** Records in the batch, less one. */
  offsetDelta: number
  timestamp: number
}

export function firstSequence(batch: ProducerBatch): number {
  // Sequences wrap: the one before 0 is 2^31 - 1.
  return addToSequence(batch.lastSequence, 0x8000_0000 - batch.offsetDelta)
}

export class ProducerEntry {
  readonly producerId: number
  producerEpoch = noProducerEpoch
  coordinatorEpoch = -1
  lastTimestamp = noTimestamp
  /** -1 when no transaction is open. */
  currentTxnFirstOffset = -1
  /** A ring; the oldest is at #first. */
  readonly #batches: ProducerBatch[] = []
  #first = 0
  #count = 0

  constructor(producerId: number) {
    this.producerId = producerId
  }

  get batchCount(): number {
    return this.#count
  }

  /** The batches that are remembered, the oldest first. */
  batch(index: number): ProducerBatch | undefined {
    if (index < 0 || index >= this.#count) return undefined
    return this.#batches[(this.#first + index) % producerBatchesMax]
  }

  get last(): ProducerBatch | undefined {
    return this.batch(this.#count - 1)
  }

  get lastSequence(): number {
    return this.last?.lastSequence ?? noSequence
  }

  /** The batch with exactly these sequences, sent in the current epoch. */
  findDuplicate(epoch: number, first: number, last: number): ProducerBatch | undefined {
    if (epoch !== this.producerEpoch) return undefined
    for (let index = 0; index < this.#count; index++) {
      const batch = this.batch(index)
      if (batch?.lastSequence === last && firstSequence(batch) === first) return batch
    }
    return undefined
  }

  /** A new epoch forgets the batches of the one before. */
  setEpoch(epoch: number): void {
    if (epoch === this.producerEpoch) return
    this.producerEpoch = epoch
    this.#first = 0
    this.#count = 0
  }

  addBatch(lastSequence: number, lastOffset: number, offsetDelta: number, timestamp: number): void {
    this.lastTimestamp = timestamp
    const index = (this.#first + this.#count) % producerBatchesMax
    if (this.#count === producerBatchesMax) this.#first = (this.#first + 1) % producerBatchesMax
    else this.#count++
    const slot = this.#batches[index]
    if (slot === undefined) {
      this.#batches[index] = { lastSequence, lastOffset, offsetDelta, timestamp }
      return
    }
    slot.lastSequence = lastSequence
    slot.lastOffset = lastOffset
    slot.offsetDelta = offsetDelta
    slot.timestamp = timestamp
  }
}
