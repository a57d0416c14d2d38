// The entry of the cleaner's thread: compacts the log that it is told of, on the real disk. One job
// at a time. Nothing of the log is in its memory before or after.

import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { nodeDisk } from '../disk/node-disk.ts'
import type { CleanHost, CleanJob } from '../log/cleaner/clean-job.ts'
import { cleanLog } from '../log/cleaner/clean-log.ts'
import { systemClock } from '../system-time.ts'
import type { FailedClean, FromCleanerThread, ToCleanerThread } from './messages.ts'

function tell(message: FromCleanerThread): void {
  parentPort?.postMessage(message)
}

/**
 * On Linux a thread has a nice value of its own, and these calls are about the caller's. Requests
 * go first where processors are busy, but a third of a thread's share is left to compaction, so
 * that logs do not grow for ever on a machine that is always busy.
 */
const behindBy = 5
const niceValueMax = 19

function stepBack(): void {
  if (process.platform !== 'linux') return
  setPriority(Math.min(getPriority() + behindBy, niceValueMax))
}

class JobHost implements CleanHost {
  aborted = false
  readonly #seed: number
  #swapped: ((goesOn: boolean) => void) | null = null

  constructor(seed: number) {
    this.#seed = seed
  }

  swap(group: Parameters<CleanHost['swap']>[0]): Promise<boolean> {
    return new Promise((resolve) => {
      this.#swapped = resolve
      tell({ type: 'swap', group })
    })
  }

  answer(goesOn: boolean): void {
    this.#swapped?.(goesOn)
    this.#swapped = null
  }

  abort(): void {
    this.aborted = true
    this.answer(false)
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms)
    })
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }

  random(): number {
    return this.#seed
  }
}

async function clean(job: CleanJob, host: JobHost): Promise<void> {
  try {
    tell({ type: 'done', result: await cleanLog(nodeDisk, job, host) })
  } catch (error) {
    tell({ type: 'failed', error: described(error) })
  }
}

function described(error: unknown): FailedClean {
  const known = error instanceof Error ? error : new Error(String(error))
  const { code } = known as { code?: unknown }
  const { name, message, stack } = known
  return { name, message, stack, code: typeof code === 'string' ? code : undefined }
}

stepBack()
let host: JobHost | null = null
parentPort?.on('message', (message: ToCleanerThread) => {
  switch (message.type) {
    case 'clean':
      host = new JobHost(message.seed)
      void clean(message.job, host)
      return
    case 'swapped':
      return host?.answer(message.goesOn)
    case 'abort':
      return host?.abort()
  }
})
