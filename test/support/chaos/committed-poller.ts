// Consumers with isolation read_committed that read every partition from its beginning and tell
// each record they were shown.

import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterView } from './cluster-view.ts'
import { fetchCommitted } from './committed-reader.ts'
import type { History } from './history.ts'
import { LeaderLink } from './leader-link.ts'

const answerMs = 2_000
const maxWaitMs = 250
const retryMs = 50

export class CommittedPoller {
  readonly #history: History
  readonly #view: ClusterView
  readonly #partitions: readonly number[]
  #isStopping = false
  #loops: Promise<void>[] = []

  constructor(history: History, view: ClusterView, partitions: readonly number[]) {
    this.#history = history
    this.#view = view
    this.#partitions = partitions
  }

  start(): void {
    this.#loops = this.#partitions.map((partition) => this.#poll(partition))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #poll(partition: number): Promise<void> {
    const link = new LeaderLink(this.#view, { answerMs })
    let position = 0
    while (!this.#isStopping) {
      try {
        const offset = position
        const { records, nextOffset } = await link.ask(partition, (client, leader) =>
          fetchCommitted(client, leader, { view: this.#view, partition, offset, maxWaitMs }),
        )
        if (records.length > 0) this.#history.add({ type: 'readCommitted', partition, records })
        position = Math.max(position, nextOffset)
      } catch {
        await Promise.all([this.#view.refresh(), delay(retryMs)])
      }
    }
    await link.close()
  }
}
