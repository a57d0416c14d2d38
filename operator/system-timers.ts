// Real time for the operator.

import type { Timers } from './timers.ts'

export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
