// The one timer of a group: set to the earliest of what may become due.

import type { Turn } from './turn.ts'

export interface Timed {
  readonly groupId: string
  timerAtMs: number
}

/** Makes sure that the group's timer fires by then. */
export function arm(turn: Turn, group: Timed, deadlineMs: number): void {
  if (deadlineMs >= group.timerAtMs) return
  group.timerAtMs = deadlineMs
  turn.schedule(group.groupId, deadlineMs)
}
