// One server process with its output kept in a file: the part that Samsa and Kafka share.

import type { ChildProcess } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { exitOf, start, tail } from './processes.ts'
import { stopTimeoutMs } from './server.ts'
import { waitFor } from './wait.ts'

export class ServerProcess {
  readonly child: ChildProcess
  readonly pid: number
  #exit: { code: number | null } | undefined
  #stdout = ''
  readonly #logFile: string

  constructor(
    command: string,
    args: readonly string[],
    logFile: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.child = start(command, args, { env })
    if (this.child.pid === undefined) throw new Error(`cannot start ${command}`)
    this.pid = this.child.pid
    this.#logFile = logFile
    const log = createWriteStream(logFile, { flags: 'a' })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      // Only the first lines matter (readiness), so the memory for them is bounded.
      if (this.#stdout.length < 65_536) this.#stdout += chunk.toString()
      log.write(chunk)
    })
    this.child.stderr?.on('data', (chunk: Buffer) => log.write(chunk))
    void exitOf(this.child).then(({ code }) => {
      this.#exit = { code }
      log.end()
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined
  }

  /** Waits for `isReady`, and fails with the end of the log when the process ends before that. */
  async ready(
    isReady: () => boolean | Promise<boolean>,
    options: { what: string; timeoutMs: number },
  ): Promise<void> {
    try {
      await waitFor(() => {
        if (this.hasEnded) throw new Error(`the server ended with ${this.#exit?.code}`)
        return isReady()
      }, options)
    } catch (error) {
      const log = existsSync(this.#logFile) ? tail(readFileSync(this.#logFile)) : '(no log)'
      await this.kill9()
      throw new Error(`${options.what} failed: ${String(error)}\n${log}`, { cause: error })
    }
  }

  async kill9(): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL')
    await this.#ended()
  }

  async stop(): Promise<number | null> {
    if (!this.hasEnded) this.child.kill('SIGTERM')
    return await this.#ended()
  }

  async #ended(): Promise<number | null> {
    const exit = await waitFor(() => this.#exit, {
      what: `process ${this.pid} to end`,
      timeoutMs: stopTimeoutMs,
    })
    return exit.code
  }
}
