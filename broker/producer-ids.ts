// The producer ids that this broker may hand out: whole blocks come from the controller, one at a
// time, and the next is asked for before the last is used up, so that producers do not wait for it.
// Ids left over when the broker stops are never used (KIP-730).

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import type { ProducerIdBlock } from '@samsa/controller/requests'

/** Once this share of a block is left, the next is fetched: Kafka's. */
const prefetchShare = 0.1

export class ProducerIds {
  readonly #nodeId: number
  readonly #controller: Controller
  #next = 0
  #end = 0
  #blockSize = 0
  #prefetched: ProducerIdBlock | undefined
  #fetching: Promise<void> | undefined

  constructor(nodeId: number, controller: Controller) {
    this.#nodeId = nodeId
    this.#controller = controller
  }

  /** Rejects with a ControllerError when the controller gives no block. */
  async next(): Promise<number> {
    // As long as many wait for one block, the last of them may find it used up.
    while (!this.#turn()) await this.#fetch()
    const id = this.#next++
    if (this.#prefetched === undefined && this.#isLow()) {
      // Whoever finds the block used up asks again, and is told what is wrong.
      this.#fetch().catch(() => undefined)
    }
    return id
  }

  #isLow(): boolean {
    return this.#end - this.#next <= this.#blockSize * prefetchShare
  }

  /** Whether there is an id, if need be of the block that was fetched ahead. */
  #turn(): boolean {
    if (this.#next < this.#end) return true
    if (this.#prefetched === undefined) return false
    const { first, count } = this.#prefetched
    this.#prefetched = undefined
    this.#next = first
    this.#end = first + count
    this.#blockSize = count
    return true
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#allocate().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #allocate(): Promise<void> {
    const broker = this.#controller.image().brokers.get(this.#nodeId)
    if (broker === undefined) {
      throw new ControllerError('BROKER_ID_NOT_REGISTERED', 'This broker is not registered yet.')
    }
    this.#prefetched = await this.#controller.allocateProducerIds(this.#nodeId, broker.epoch)
  }
}
