// V8's collector, for the few who know better than V8 when there is garbage.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Timers } from './clock.ts'

interface GcOptions {
  readonly type: 'minor' | 'major'
  readonly flavor?: 'last-resort'
}

type Collect = (options: GcOptions) => void

/** V8 shows its collector only to who asks for it by this flag, in a context made afterwards. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  return typeof collect === 'function' ? (collect as Collect) : () => {}
}

/** Collects what has just been let go. The context costs memory, so it is made when it is needed. */
export function minorCollection(): () => void {
  let collect: Collect | null = null
  return () => {
    collect ??= collector()
    collect({ type: 'minor' })
  }
}

/** A start is over by then, and its first connections are there. */
const settleMs = 2_000

/**
 * Collects everything once, soon after the start of a thread: what loading and starting leave
 * behind, and the young generation that grew for it, V8 would keep for as long as little happens.
 * 4 to 6 MB of each thread, for a pause of some 10 ms (Node 24, November 2026).
 */
export function settle(timers: Timers): { cancel(): void } {
  return timers.schedule(settleMs, () => collector()({ type: 'major', flavor: 'last-resort' }))
}
