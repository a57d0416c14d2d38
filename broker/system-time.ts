// The real clock and timers. Wired by node.ts only; everything else is given a Clock and Timers.

import type { Clock, Timers } from './clock.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

export const systemTimers: Timers = {
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
