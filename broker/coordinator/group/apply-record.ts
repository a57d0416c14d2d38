// What records do to groups of the newer protocols, of whichever kind: a group is made by the first
// record of it and goes with the last, and everything can be taken back, for a write that fails.

import type { ShardState } from './shard-state.ts'

export type Undo = () => void

export const nothing: Undo = () => undefined

type Group = NonNullable<ReturnType<ShardState['groups']['get']>>

interface GroupRecord {
  readonly groupId: string
  /** null: a removal. */
  readonly value: unknown
}

interface GroupKind<G extends Group> {
  readonly isOf: (group: Group) => group is G
  readonly make: (groupId: string) => G
  readonly apply: (group: G) => Undo
}

/** Applies a record to the group that it is about, made for it where there is none of its kind. */
export function applyToGroup<G extends Group>(
  state: ShardState,
  { groupId, value }: GroupRecord,
  { isOf, make, apply }: GroupKind<G>,
): Undo {
  const known = state.groups.get(groupId)
  if (known !== undefined && isOf(known)) return apply(known)
  // A removal of what is not there: of a group that has been compacted, or became another kind.
  if (value === null) return nothing
  const group = make(groupId)
  state.groups.set(groupId, group)
  const undo = apply(group)
  return () => {
    undo()
    restoreGroup(state, groupId, known)
  }
}

/** Puts back what a group of that id has taken the place of, if anything. */
export function restoreGroup(state: ShardState, groupId: string, before: Group | undefined): void {
  if (before === undefined) state.groups.delete(groupId)
  else state.groups.set(groupId, before)
}

export function removeGroup(state: ShardState, group: Group): Undo {
  state.groups.delete(group.groupId)
  return () => state.groups.set(group.groupId, group)
}

interface AssignedGroup {
  assignmentEpoch: number
  assignmentTimestampMs: number
}

export function applyTargetEpoch(
  group: AssignedGroup,
  value: { readonly epoch: number; readonly timestampMs: number } | null,
): Undo {
  const { assignmentEpoch, assignmentTimestampMs } = group
  group.assignmentEpoch = value?.epoch ?? -1
  group.assignmentTimestampMs = value?.timestampMs ?? 0
  return () => Object.assign(group, { assignmentEpoch, assignmentTimestampMs })
}

interface GroupOf<Member> {
  readonly members: ReadonlyMap<string, Member>
  setMember(member: Member): void
  removeMember(memberId: string): void
}

/** `change` says what becomes of the member; null where it goes. */
export function replaceMember<Member>(
  group: GroupOf<Member>,
  memberId: string,
  change: (before: Member | undefined) => Member | null,
): Undo {
  const before = group.members.get(memberId)
  const set = (member: Member | null | undefined) => {
    if (member === null || member === undefined) group.removeMember(memberId)
    else group.setMember(member)
  }
  set(change(before))
  return () => set(before)
}

/** Sets an entry, or removes it for null. */
export function applyEntry<V>(map: Map<string, V>, key: string, value: V | null): Undo {
  const before = map.get(key)
  setOrDelete(map, key, value ?? undefined)
  return () => setOrDelete(map, key, before)
}

function setOrDelete<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
