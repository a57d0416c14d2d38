// RaftClock on the process's own timers.

import type { RaftClock } from './clock.ts'

export const systemClock: RaftClock = {
  nowMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs)
    return () => clearTimeout(timer)
  },
  soon: (call) => {
    setImmediate(call)
  },
}
