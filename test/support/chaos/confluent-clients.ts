// A confluent-kafka producer and a group of its consumer in a process of their own
// (python/chaos_clients.py), told into the history: clients as users have them, with their own
// retries, beside the raw ones that tell exactly what they do.

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { exitOf, start, tail } from '../conformance/processes.ts'
import { pythonPath, pythonScriptsDir } from '../conformance/target.ts'
import { waitFor } from '../conformance/wait.ts'
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
  readonly #child: ChildProcess
  #stderr = ''
  #hasEnded = false

  constructor(history: History, { bootstrap, topic, partitions, name }: ConfluentOptions) {
    this.#history = history
    this.#name = name
    this.group = `${name}-group`
    const script = join(pythonScriptsDir, 'chaos_clients.py')
    this.#child = start(pythonPath, [script, bootstrap, topic, String(partitions), name])
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = tail(this.#stderr + chunk.toString())
    })
    if (this.#child.stdout === null) throw new Error('the clients have no output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line))
    void exitOf(this.#child).then(() => {
      this.#hasEnded = true
    })
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) throw new Error(`the clients ended early: ${this.#stderr}`)
    this.#child.stdin?.end()
    await waitFor(() => this.#hasEnded, { what: 'the clients to end', timeoutMs: 90_000 })
  }

  #take(line: string): void {
    const [kind, ...words] = line.split(' ')
    const [first = 0, second = 0, third = 0] = words.map(Number)
    const producer = this.#name
    const record = { producer, partition: first, first: second, count: 1 }
    if (kind === 'S') this.#history.add({ type: 'sent', ...record })
    else if (kind === 'A') this.#history.add({ type: 'acked', ...record, offset: third })
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
