// Pauses between tries, and trying again.

import { setTimeout as delay } from 'node:timers/promises'
import { errorOfCall } from './errors.ts'
import { backoffFirstMs, backoffMaxMs } from './limits.ts'

/** A random pause, twice as long on average with each attempt, up to a bound. */
export function backoffMs(attempt: number): number {
  const boundMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(attempt, 20))
  return boundMs * (0.5 + Math.random() / 2)
}

/** Ends early, without an error, when the signal aborts. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal, ref: true }).catch(() => undefined)
}

/** Runs `action` until it succeeds, fails for good, or the time is up. */
export async function withRetries<T>(
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  action: (attempt: number) => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + options.timeoutMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await action(attempt)
    } catch (cause) {
      const error = errorOfCall(cause)
      const pauseMs = backoffMs(attempt)
      const isLate = performance.now() + pauseMs > endMs
      if (!error.retriable || isLate || options.signal.aborted) throw error
      await pause(pauseMs, options.signal)
    }
  }
}
