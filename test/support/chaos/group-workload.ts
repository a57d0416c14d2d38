// A consumer group of confluent-kafka whose members come and go (python/chaos_group.py), told into
// the history: rebalances all the time, by either protocol.

import { ClientScript } from './client-script.ts'
import type { History } from './history.ts'

export interface GroupWorkloadOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly protocol: 'classic' | 'consumer'
  readonly seed: number
}

export class GroupWorkload {
  readonly group: string
  readonly #history: History
  readonly #script: ClientScript

  constructor(history: History, { bootstrap, topic, protocol, seed }: GroupWorkloadOptions) {
    this.#history = history
    this.group = `storm-${protocol}`
    const args = [bootstrap, topic, this.group, protocol, String(seed)]
    this.#script = new ClientScript('chaos_group.py', args, (kind, words) =>
      this.#take(kind, words),
    )
  }

  stop(): Promise<void> {
    return this.#script.stop()
  }

  #take(kind: string, words: readonly string[]): void {
    const [number = 0, partition = 0, offset = 0, last = 0] = words.map(Number)
    const { group } = this
    const of = { group, member: number, partition }
    if (kind === 'O') this.#history.add({ type: 'owns', ...of })
    else if (kind === 'R' || kind === 'L') {
      this.#history.add({ type: 'gives up', ...of, isLost: kind === 'L' })
    } else if (kind === 'P') this.#history.add({ type: 'memberRead', ...of, offset, last })
    else if (kind === 'C') {
      this.#history.add({ type: 'memberCommitted', ...of, offset })
      this.#history.add({ type: 'committed', group, partition, offset, how: 'acknowledged' })
    } else if (kind === 'X' || kind === 'H') {
      this.#history.add({ type: 'left', group, member: number, isLeftBehind: kind === 'H' })
    }
  }
}
