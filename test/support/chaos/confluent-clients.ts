// A confluent-kafka producer and a group of its consumer in a process of their own
// (python/chaos_clients.py), told into the history: clients as users have them, with their own
// retries, beside the raw ones that tell exactly what they do.

import { ClientScript } from './client-script.ts'
import type { History } from './history.ts'

export interface ConfluentOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly partitions: number
  readonly name: string
}

export class ConfluentClients {
  readonly group: string
  readonly #history: History
  readonly #name: string
  readonly #script: ClientScript

  constructor(history: History, { bootstrap, topic, partitions, name }: ConfluentOptions) {
    this.#history = history
    this.#name = name
    this.group = `${name}-group`
    const args = [bootstrap, topic, String(partitions), name]
    this.#script = new ClientScript('chaos_clients.py', args, (kind, words) =>
      this.#take(kind, words),
    )
  }

  stop(): Promise<void> {
    return this.#script.stop()
  }

  #take(kind: string, words: readonly string[]): void {
    const [first = 0, second = 0, third = 0] = words.map(Number)
    const producer = this.#name
    const record = { producer, partition: first, first: second, count: 1 }
    if (kind === 'S') this.#history.add({ type: 'sent', ...record })
    else if (kind === 'A') this.#history.add({ type: 'acked', ...record, offset: third })
    else if (kind === 'D') this.#history.add({ type: 'ackedSomewhere', ...record })
    else if (kind === 'F') {
      const reason = words[2] ?? ''
      this.#history.add({ type: 'failed', ...record, isCertain: false, reason })
    } else if (kind === 'C') {
      const how = 'acknowledged' as const
      const { group } = this
      this.#history.add({ type: 'committed', group, partition: first, offset: second, how })
    } else if (kind === 'P') {
      const value = words[3] ?? ''
      this.#history.add({
        type: 'polled',
        consumer: this.group,
        partition: second,
        assignment: first,
        records: [[third, value]],
      })
    }
  }
}
