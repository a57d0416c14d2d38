// A Python script with real clients in a process of its own, which tells line by line what they see
// and ends when its standard input ends. Owns the process; knows nothing of what the lines mean.

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { exitOf, start, tail } from '../conformance/processes.ts'
import { pythonPath, pythonScriptsDir } from '../conformance/target.ts'
import { waitFor } from '../conformance/wait.ts'

const endTimeoutMs = 90_000
const stacksTimeoutMs = 2_000

export class ClientScript {
  readonly #name: string
  readonly #child: ChildProcess
  #stderr = ''
  #hasEnded = false

  /** `take` is given each line of the output: its first word and the others. */
  constructor(
    name: string,
    args: readonly string[],
    take: (kind: string, words: readonly string[]) => void,
  ) {
    this.#name = name
    this.#child = start(pythonPath, [join(pythonScriptsDir, name), ...args])
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = tail(this.#stderr + chunk.toString())
    })
    if (this.#child.stdout === null) throw new Error(`${name} has no output`)
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [kind = '', ...words] = line.split(' ')
      take(kind, words)
    })
    void exitOf(this.#child).then(() => {
      this.#hasEnded = true
    })
  }

  /** Throws where the script ended before, or does not end: then with the stacks of its threads. */
  async stop(): Promise<void> {
    if (this.#hasEnded) throw new Error(`${this.#name} ended early: ${this.#stderr}`)
    this.#child.stdin?.end()
    const ended = waitFor(() => this.#hasEnded, { what: this.#name, timeoutMs: endTimeoutMs })
    await ended.catch(async (error: unknown) => {
      throw new Error(`it does not end:\n${await this.#stacks()}`, { cause: error })
    })
  }

  /** The script has faulthandler write them on SIGUSR1. */
  async #stacks(): Promise<string> {
    const before = this.#stderr
    this.#child.kill('SIGUSR1')
    const what = 'stacks'
    await waitFor(() => this.#stderr !== before, { what, timeoutMs: stacksTimeoutMs }).catch(
      () => {},
    )
    return this.#stderr
  }
}
