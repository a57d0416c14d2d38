// A fetch that found too little waits here for more (`fetch.min.bytes`, `fetch.max.wait.ms`). Woken
// by the high watermark, never by the log end, so that nobody is woken for records that may not be
// read yet.

import type { Timers } from '../clock.ts'
import type { AdvanceListener, Partition } from './partition.ts'

export interface FetchWaitOptions {
  readonly partitions: readonly Partition[]
  /** Bytes still missing. */
  readonly bytesMin: number
  readonly waitMaxMs: number
  readonly timers: Timers
  readonly signal: AbortSignal
}

/**
 * Resolves once enough bytes have become visible, a partition went away, time is up, or the client
 * left.
 */
export function waitForRecords(options: FetchWaitOptions): Promise<void> {
  const { partitions, timers, waitMaxMs, signal } = options
  return new Promise((resolve) => {
    let missingBytes = options.bytesMin
    const finish = () => {
      timer.cancel()
      signal.removeEventListener('abort', finish)
      for (const partition of partitions) partition.unlisten(listener)
      resolve()
    }
    const listener: AdvanceListener = {
      onAdvance(bytes) {
        missingBytes -= bytes
        if (missingBytes <= 0) finish()
      },
      onUnavailable: finish,
    }
    const timer = timers.schedule(waitMaxMs, finish)
    signal.addEventListener('abort', finish, { once: true })
    for (const partition of partitions) partition.listen(listener)
    if (signal.aborted) finish()
  })
}
