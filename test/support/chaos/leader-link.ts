// One client's connections to leaders: opened when needed, closed when an answer is late, and the
// look-out for a new leader while a request is under way to one that may be frozen.

import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView, Leader } from './cluster-view.ts'
import { connectWithin, within } from './deadline.ts'

// A request that is not answered by then may be with a node that leads no more.
const lookOutMs = 150

export class LeaderLink {
  readonly view: ClusterView
  readonly #connections = new Map<number, Promise<KafkaClient>>()
  readonly #answerMs: number
  readonly #connectMs: number

  constructor(view: ClusterView, options: { answerMs: number; connectMs?: number }) {
    this.view = view
    this.#answerMs = options.answerMs
    this.#connectMs = options.connectMs ?? 500
  }

  /** Runs a request at the leader of a partition. Any failure closes the connection used. */
  async ask<T>(
    partition: number,
    request: (client: KafkaClient, leader: Leader) => Promise<T>,
  ): Promise<T> {
    const leader = this.view.leader(partition)
    if (leader === undefined) throw new Error(`no leader is known for partition ${partition}`)
    const client = await this.#connection(leader.nodeId)
    try {
      const answer = within(this.#answerMs, request(client, leader))
      return await this.#unlessMoved(partition, leader, answer)
    } catch (error) {
      this.#connections.delete(leader.nodeId)
      void client.close()
      throw error
    }
  }

  /** Rejects as soon as another leader is known: whoever is frozen gives no answer. */
  async #unlessMoved<T>(partition: number, leader: Leader, answer: Promise<T>): Promise<T> {
    const abort = new AbortController()
    const { signal } = abort
    const lookOut = async (): Promise<T> => {
      for (;;) {
        await delay(lookOutMs, undefined, { signal })
        await this.view.refresh()
        const now = this.view.leader(partition)
        if (now !== undefined && now.epoch > leader.epoch) throw new Error('the leader has moved')
      }
    }
    try {
      return await Promise.race([answer, lookOut()])
    } finally {
      abort.abort()
    }
  }

  async close(): Promise<void> {
    const open = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.allSettled(open.map(async (connection) => (await connection).close()))
  }

  #connection(nodeId: number): Promise<KafkaClient> {
    const known = this.#connections.get(nodeId)
    if (known !== undefined) return known
    const connecting = this.#connect(nodeId)
    this.#connections.set(nodeId, connecting)
    const forget = () => {
      if (this.#connections.get(nodeId) === connecting) this.#connections.delete(nodeId)
    }
    connecting.then((client) => client.onClosed(forget), forget)
    return connecting
  }

  async #connect(nodeId: number): Promise<KafkaClient> {
    const address = this.view.address(nodeId)
    if (address === undefined) throw new Error(`node ${nodeId} has no address`)
    return connectWithin(address, this.#connectMs)
  }
}
