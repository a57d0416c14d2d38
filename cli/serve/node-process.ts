// One node as a process of its own, started by the configuration that it keeps: its output line by
// line, and how it ended. It leads a process group, so that Ctrl-C in a terminal reaches only the
// process that started it, which then stops its nodes one after the other. Should that process be
// gone, the node learns of it by the channel between them and stops.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** By its own exit code, or by the signal that killed it. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface NodeProcessOptions {
  readonly id: number
  readonly configFile: string
  /** Gets every line that the node prints, without its end. */
  readonly onLine: (line: string) => void
}

export class NodeProcess {
  readonly id: number
  readonly configFile: string
  /** Resolves with the line by which the node says that it serves; never, if it does not come to. */
  readonly ready: Promise<string>
  /** Resolves when the process has ended and all that it printed was passed on. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #lastLine = ''
  #isRunning = true

  constructor({ id, configFile, onLine }: NodeProcessOptions) {
    this.id = id
    this.configFile = configFile
    // The same program by the same Node.
    const program = [...process.execArgv, process.argv[1] ?? '']
    this.#child = spawn(process.execPath, [...program, 'node', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ready = promise
    const closed = new Promise<Ended>((end) => {
      this.#child.once('close', (code, signal) => end({ code, signal }))
      // No process came to be; 'close' does not follow.
      this.#child.once('error', (error) => {
        this.#lastLine = error.message
        if (this.#child.pid === undefined) end({ code: 1, signal: null })
      })
    })
    const lines = [
      readLines(this.#child.stdout, (line) => {
        if (line.startsWith('samsa ready')) resolve(line)
        onLine(line)
      }),
      readLines(this.#child.stderr, (line) => {
        this.#lastLine = line
        onLine(line)
      }),
    ]
    this.ended = closed.then(async (ended) => {
      this.#isRunning = false
      await Promise.all(lines)
      return ended
    })
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** What it said last, without the name of the program: the reason, when it did not start. */
  get lastWords(): string {
    return this.#lastLine.replace(/^samsa: /, '')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

async function readLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (stream === null) return
  for await (const line of createInterface({ input: stream })) onLine(line)
}
