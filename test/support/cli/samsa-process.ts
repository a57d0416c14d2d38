// A process of `samsa` for a test, with what it has written so far. Signals go to that process
// only.

import { type ChildProcess, spawn } from 'node:child_process'
import { waitFor } from '../conformance/wait.ts'

const startTimeoutMs = 60_000

export class SamsaProcess {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<number | null>

  constructor(command: string, ...args: string[]) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => resolve(code))
    })
  }

  /** From source, by the Node that runs the tests. */
  static fromSource(...args: string[]): SamsaProcess {
    return new SamsaProcess(process.execPath, 'cli/from-source.js', ...args)
  }

  async ready(): Promise<void> {
    const isReady = () => {
      if (this.child.exitCode !== null) throw new Error(`samsa ended: ${this.stderr}`)
      return /^samsa ready/m.test(this.stdout)
    }
    await waitFor(isReady, { what: 'samsa ready', timeoutMs: startTimeoutMs })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal)
    return await this.ended
  }
}
