// A confluent-kafka process that produces and commits without end (python/produce_and_commit.py),
// and the tally of all that the broker has acknowledged to it. The tally is what a crash may never
// take back.

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { exitOf, start, tail } from './processes.ts'
import { pythonPath, pythonScriptsDir } from './target.ts'
import { waitFor } from './wait.ts'

export interface AcknowledgedWorkOptions {
  bootstrap: string
  topic: string
  partitions: number
  group: string
}

export class AcknowledgedWork {
  /**
   * The offset that each record was acknowledged at, by partition and the record's number in it.
   */
  readonly offsets: Map<number, number>[]
  /** The last acknowledged commit of each partition. */
  readonly committed: number[]
  acknowledgedRecords = 0
  readonly #child: ChildProcess
  #stderr = ''
  #isFinished = false
  #exitCode: number | null | undefined

  constructor({ bootstrap, topic, partitions, group }: AcknowledgedWorkOptions) {
    this.offsets = Array.from({ length: partitions }, () => new Map())
    this.committed = Array.from({ length: partitions }, () => 0)
    const script = join(pythonScriptsDir, 'produce_and_commit.py')
    this.#child = start(pythonPath, [script, bootstrap, topic, String(partitions), group])
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = tail(this.#stderr + chunk.toString())
    })
    if (this.#child.stdout === null) throw new Error('the producer has no output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line))
    void exitOf(this.#child).then(({ code }) => {
      this.#exitCode = code
    })
  }

  /**
   * Waits until `count` more records are acknowledged, so that whatever follows hits it at work.
   */
  async acknowledges(count: number, timeoutMs: number): Promise<void> {
    const wanted = this.acknowledgedRecords + count
    await waitFor(
      () => {
        if (this.#exitCode !== undefined) throw new Error(`the producer ended: ${this.#stderr}`)
        return this.acknowledgedRecords >= wanted
      },
      { what: `${count} more acknowledged records; ${this.#stderr}`, timeoutMs },
    )
  }

  /** Lets it end in order: everything sent is acknowledged when this resolves. */
  async finish(): Promise<void> {
    this.#child.stdin?.end()
    await waitFor(() => this.#exitCode !== undefined, {
      what: 'the producer to flush and end',
      timeoutMs: 150_000,
    })
    if (!this.#isFinished) throw new Error(`the producer ended early: ${this.#stderr}`)
  }

  kill(): void {
    if (this.#exitCode === undefined) this.#child.kill('SIGKILL')
  }

  #take(line: string): void {
    const [kind, ...numbers] = line.split(' ')
    const [partition = 0, first = 0, second = 0] = numbers.map(Number)
    if (kind === 'A') {
      this.offsets[partition]?.set(first, second)
      this.acknowledgedRecords++
    } else if (kind === 'C') {
      this.committed[partition] = first
    } else if (kind === 'E') {
      this.#isFinished = true
    } else {
      throw new Error(`the producer said '${line}'`)
    }
  }
}
