// A consumer group of confluent-kafka whose members come and go (python/chaos_group.py), told into
// the history: rebalances all the time, by either protocol.

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { exitOf, start, tail } from '../conformance/processes.ts'
import { pythonPath, pythonScriptsDir } from '../conformance/target.ts'
import { waitFor } from '../conformance/wait.ts'
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
  readonly #child: ChildProcess
  #stderr = ''
  #hasEnded = false

  constructor(history: History, { bootstrap, topic, protocol, seed }: GroupWorkloadOptions) {
    this.#history = history
    this.group = `storm-${protocol}`
    const script = join(pythonScriptsDir, 'chaos_group.py')
    const args = [bootstrap, topic, this.group, protocol, String(seed)]
    this.#child = start(pythonPath, [script, ...args])
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = tail(this.#stderr + chunk.toString())
    })
    if (this.#child.stdout === null) throw new Error('the group has no output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line))
    void exitOf(this.#child).then(() => {
      this.#hasEnded = true
    })
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) throw new Error(`the members of ${this.group} ended early: ${this.#stderr}`)
    this.#child.stdin?.end()
    await waitFor(() => this.#hasEnded, { what: 'the members to leave', timeoutMs: 90_000 })
  }

  #take(line: string): void {
    const [kind, ...words] = line.split(' ')
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
    } else if (kind === 'X') this.#history.add({ type: 'left', group, member: number })
  }
}
