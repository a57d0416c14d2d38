// Waiting on a condition with a deadline: what the suites use in place of sleeps.

import { setTimeout as delay } from 'node:timers/promises'

const pollIntervalMs = 50

export interface WaitOptions {
  what: string
  timeoutMs: number
}

/** Polls until `probe` returns something other than undefined or false, and returns it. */
export async function waitFor<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadlineMs) {
      throw new Error(`waited ${options.timeoutMs} ms for ${options.what}`)
    }
    await delay(pollIntervalMs)
  }
}
