// The main thread's handle on the thread that compacts logs: started for the first job, ended when
// there was none for a while, since its memory is worth more than its start. A thread that dies
// fails its job, and the next job gets a new one.

import { Worker } from 'node:worker_threads'
import type { Timers } from '../clock.ts'
import type { CleanHost, CleanJob, CleanResult } from '../log/cleaner/clean-job.ts'
import type { FailedClean, FromCleanerThread, ToCleanerThread } from './messages.ts'

export class CleanFailedError extends Error {
  readonly code: string | undefined

  constructor({ name, message, stack, code }: FailedClean) {
    super(message)
    this.name = name
    this.code = code
    // Where it happened, in the other thread.
    if (stack !== undefined) this.stack = stack
  }
}

/**
 * Of the heap only: the key map and the buffers are outside of it, bounded by the job. Batches that
 * are written anew are short-lived.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }
const idleMsMax = 60_000
/** How soon a job that is void is ended. */
const abortCheckMs = 100

/** Built, the thread is a file of its own beside the one that starts it. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './cleaner-thread.js',
  import.meta.url,
)

interface RunningJob {
  readonly host: CleanHost
  readonly resolve: (result: CleanResult | null) => void
  readonly reject: (error: Error) => void
}

export class CleanerThread {
  readonly #timers: Timers
  #worker: Worker | null = null
  #job: RunningJob | null = null
  #idle: { cancel(): void } | null = null
  #watch: { cancel(): void } | null = null

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** One at a time. */
  run(job: CleanJob, host: CleanHost): Promise<CleanResult | null> {
    this.#idle?.cancel()
    const worker = this.#worker ?? this.#start()
    return new Promise<CleanResult | null>((resolve, reject) => {
      this.#job = { host, resolve, reject }
      tell(worker, { type: 'clean', job, seed: host.random() })
      this.#watchFor(worker, host)
    }).finally(() => {
      this.#job = null
      this.#watch?.cancel()
      this.#idle = this.#timers.schedule(idleMsMax, () => void this.close())
    })
  }

  #start(): Worker {
    const worker = new Worker(entry, { name: 'log-cleaner', resourceLimits })
    this.#worker = worker
    worker.on('message', (message: FromCleanerThread) => void this.#take(worker, message))
    worker.on('error', (error) => this.#job?.reject(error as Error))
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#worker = null
      this.#job?.reject(new Error(`the cleaner's thread ended with ${code}`))
    })
    return worker
  }

  async #take(worker: Worker, message: FromCleanerThread): Promise<void> {
    const job = this.#job
    if (job === null) return
    if (message.type === 'done') return job.resolve(message.result)
    if (message.type === 'failed') return job.reject(new CleanFailedError(message.error))
    try {
      tell(worker, { type: 'swapped', goesOn: await job.host.swap(message.group) })
    } catch (error) {
      tell(worker, { type: 'abort' })
      job.reject(error as Error)
    }
  }

  #watchFor(worker: Worker, host: CleanHost): void {
    this.#watch = this.#timers.schedule(abortCheckMs, () => {
      if (host.aborted) tell(worker, { type: 'abort' })
      else this.#watchFor(worker, host)
    })
  }

  /** A job that is under way fails. */
  async close(): Promise<void> {
    this.#idle?.cancel()
    this.#watch?.cancel()
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}

function tell(worker: Worker, message: ToCleanerThread): void {
  worker.postMessage(message)
}
