// Trying again: which errors it helps against is errors.ts's to say, how long to pause between
// tries is decided here. Every wait ends early when the user asks to stop.

import { setTimeout as delay } from 'node:timers/promises'
import { isRetriable, isUnknownTopic, StoppedError } from './errors.ts'
import { backoffFirstMs, backoffMaxMs, newTopicPatienceMs } from './limits.ts'

export interface RetryOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** How long to bear with a topic that the brokers do not know: it may be on its way to them. */
  readonly unknownTopicPatienceMs?: number
  /** Run before each further try, to learn what has changed. */
  readonly beforeRetry?: () => Promise<void>
}

/**
 * Runs `action` until it succeeds, fails for good, or the time is up; then its last error is
 * thrown.
 */
export async function withRetries<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const startMs = performance.now()
  const patienceMs = options.unknownTopicPatienceMs ?? newTopicPatienceMs
  for (let attempt = 0; ; attempt++) {
    throwIfStopped(options.signal)
    try {
      if (attempt > 0) await options.beforeRetry?.()
      return await action()
    } catch (error) {
      const pauseMs = backoffMs(attempt)
      const boundMs = isUnknownTopic(error)
        ? Math.min(patienceMs, options.timeoutMs)
        : options.timeoutMs
      if (!isRetriable(error) || performance.now() + pauseMs > startMs + boundMs) throw error
      await pause(pauseMs, options.signal)
    }
  }
}

/** A random pause, twice as long on average with each attempt, up to a bound. */
export function backoffMs(attempt: number): number {
  const boundMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(attempt, 20))
  return boundMs * (0.5 + Math.random() / 2)
}

export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, { signal })
  } catch {
    throw new StoppedError()
  }
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new StoppedError()
}
