// Ends the process when one input never ends: a thread of its own, since the one that is stuck can
// tell nobody. Says which input it was.

import { Worker } from 'node:worker_threads'

/** By the processor, so that a machine that is busy with other things ends nothing. */
const cpuMsMax = 30_000
/** What waits for something that never comes takes no processor. */
const patienceMs = 600_000
/** Runs in the thread: two numbers that the other side writes, the input's seed and its count. */
const source = `
  const { workerData } = require('node:worker_threads')
  const { memory, patienceMs, cpuMsMax, name } = workerData
  const view = new Float64Array(memory)
  let last = -1
  let sinceMs = 0
  let sinceCpuMs = 0
  setInterval(() => {
    const { user, system } = process.cpuUsage()
    const [nowMs, cpuMs] = [performance.now(), (user + system) / 1000]
    if (view[1] !== last) { last = view[1]; sinceMs = nowMs; sinceCpuMs = cpuMs; return }
    if (nowMs - sinceMs < patienceMs && cpuMs - sinceCpuMs < cpuMsMax) return
    require('node:fs').writeSync(2, 'target ' + name + ', seed ' + view[0] + ': never ends\\n')
    process.kill(process.pid, 'SIGKILL')
  }, 1000)
`

export class Watchdog {
  readonly #worker: Worker
  readonly #view: Float64Array
  #count = 0

  constructor(name: string) {
    const memory = new SharedArrayBuffer(16)
    this.#view = new Float64Array(memory)
    this.#worker = new Worker(source, {
      eval: true,
      workerData: { memory, patienceMs, cpuMsMax, name },
    })
  }

  /** An input is about to be tried. */
  begins(seed: number): void {
    this.#view[0] = seed
    this.#view[1] = ++this.#count
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
