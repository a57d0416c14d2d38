// From changes to a write, and from its end to the answers. Answers go out only when everything
// that they may be built upon is durable. A write that fails takes back all later ones of its
// group.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { AfterWrite, Answer } from './after-write.ts'
import type { Changes } from './changes.ts'
import type { PendingWrite } from './shard-state.ts'
import type { Turn } from './turn.ts'
import { responseErrorOf } from './write-errors.ts'

type GroupChanged = AfterWrite & { type: 'groupChanged' }

/** Has the changes written. The answer, if any, goes when they are durable. */
export function commitChanges(turn: Turn, changes: Changes, answer: Answer | null): void {
  const { groupId, records, undo, convertsGroup } = changes
  const answers = answer === null ? [] : [answer]
  if (records.length > 0) {
    turn.write(records, { type: 'groupChanged', groupId, undo, answers, convertsGroup })
    changes.settle()
    return
  }
  changes.settle()
  const earlier = lastChange(turn, groupId)
  if (earlier !== undefined) earlier.after.answers.push(...answers)
  else for (const { token, response } of answers) turn.respond(token, response)
}

interface PendingChange extends PendingWrite {
  readonly after: GroupChanged
}

function isChangeOf(groupId: string, write: PendingWrite): write is PendingChange {
  const { after, doomedBy } = write
  return after.type === 'groupChanged' && after.groupId === groupId && doomedBy === null
}

/** The last change of the group that is under way. */
export function lastChange(turn: Turn, groupId: string): PendingChange | undefined {
  let last: PendingChange | undefined
  for (const write of turn.state.writes.values()) if (isChangeOf(groupId, write)) last = write
  return last
}

/** The conversion of the group that is under way. */
export function conversionOf(turn: Turn, groupId: string): PendingWrite | undefined {
  for (const write of turn.state.writes.values()) {
    if (isChangeOf(groupId, write) && write.after.convertsGroup) return write
  }
  return undefined
}

/** Whether the state was put back. */
export function onGroupChanged(
  turn: Turn,
  { after, doomedBy }: PendingWrite & { readonly after: GroupChanged },
  error: KafkaErrorName | null,
): boolean {
  const refusal = doomedBy ?? error
  for (const { token, response, refused } of after.answers) {
    turn.respond(token, refusal === null ? response : refused(responseErrorOf(refusal)))
  }
  if (refusal === null || doomedBy !== null) return false
  const later: [number, PendingChange][] = []
  for (const [writeId, write] of turn.state.writes) {
    if (isChangeOf(after.groupId, write)) later.push([writeId, write])
  }
  for (const [, write] of later.toReversed()) {
    write.after.undo()
    write.doomedBy = refusal
  }
  if (later.length > 0) {
    turn.effects.push({ type: 'retract', writeIds: later.map(([id]) => id), error: refusal })
  }
  after.undo()
  return true
}
