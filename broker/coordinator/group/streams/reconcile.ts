// The reconciliation of one member of a streams group (KIP-1071): from the tasks that it has
// towards those that it is to have. First it lets go of what is not its own any more, then it moves
// to the epoch of the target and gets what others have let go of; no task is ever in one process
// twice. Pure; Kafka's CurrentAssignmentBuilder is the model.

import { assertNever } from '../../../assert.ts'
import { BrokerError } from '../../../errors.ts'
import type { StreamsMember } from './streams-member.ts'
import { isNone, noTasks, type OwnedTasks, overlap, type TargetTasks, type Tasks } from './tasks.ts'

export interface TaskReconciliation {
  readonly targetEpoch: number
  readonly target: TargetTasks
  /** Whether any process has the task as an active one. */
  readonly isActive: (subtopologyId: string, partition: number) => boolean
  /** Whether the member's own process has it in that role. */
  readonly isInProcess: (
    role: 'active' | 'standby' | 'warmup',
    subtopologyId: string,
    partition: number,
  ) => boolean
  /** What the member says that it has; null: it did not say. */
  readonly owned: TargetTasks | null
}

/** The member as it is to be now; the same object when nothing can be done yet. */
export function reconcileTasks(member: StreamsMember, how: TaskReconciliation): StreamsMember {
  switch (member.state) {
    case 'Stable':
      return member.memberEpoch === how.targetEpoch
        ? member
        : nextTasks(member, member.memberEpoch, how)
    case 'UnrevokedTasks':
      if (how.owned === null || overlap(how.owned, member.pendingRevocation)) return member
      return nextTasks(member, member.memberEpoch + 1, how)
    case 'UnreleasedTasks':
      return nextTasks(member, member.memberEpoch, how)
    case 'Unknown':
      // Written by a newer coordinator: it begins anew, with nothing in its hands.
      if (how.owned === null || !isNone(how.owned)) {
        throw new BrokerError(
          'FENCED_MEMBER_EPOCH',
          'The streams group member is in a unknown state. ' +
            'The member must abandon all its tasks and rejoin.',
        )
      }
      return nextTasks(member, how.targetEpoch, how)
    default:
      return assertNever(member.state)
  }
}

function nextTasks(
  member: StreamsMember,
  memberEpoch: number,
  how: TaskReconciliation,
): StreamsMember {
  const { assigned } = member
  const inProcess = (subtopologyId: string, partition: number) =>
    how.isInProcess('standby', subtopologyId, partition) ||
    how.isInProcess('warmup', subtopologyId, partition)
  const active = differenceOf(
    assigned.active,
    how.target.active,
    (id, partition) => how.isActive(id, partition) || inProcess(id, partition),
  )
  const isTaken = (id: string, partition: number) =>
    how.isInProcess('active', id, partition) || inProcess(id, partition)
  const standby = differenceOf(asMaps(assigned.standby), how.target.standby, isTaken)
  const warmup = differenceOf(asMaps(assigned.warmup), how.target.warmup, isTaken)
  const revoked: OwnedTasks = {
    active: active.revoked,
    standby: asSets(standby.revoked),
    warmup: asSets(warmup.revoked),
  }
  const kept = { active: active.kept, standby: asSets(standby.kept), warmup: asSets(warmup.kept) }
  const moved = { ...member, previousMemberEpoch: member.memberEpoch }
  if (!isNone(revoked) && (how.owned === null || overlap(how.owned, revoked))) {
    // It stays in its epoch until it has let go.
    return {
      ...moved,
      state: 'UnrevokedTasks',
      memberEpoch,
      assigned: kept,
      pendingRevocation: revoked,
    }
  }
  const waits = active.waits || standby.waits || warmup.waits
  return {
    ...moved,
    state: waits ? 'UnreleasedTasks' : 'Stable',
    memberEpoch: how.targetEpoch,
    assigned: {
      active: withAdded(active.kept, active.added, how.targetEpoch),
      standby: asSets(withAdded(standby.kept, standby.added, how.targetEpoch)),
      warmup: asSets(withAdded(warmup.kept, warmup.added, how.targetEpoch)),
    },
    pendingRevocation: noTasks,
  }
}

type Owned = OwnedTasks['active']

interface Difference {
  readonly kept: Owned
  readonly revoked: Owned
  readonly added: Tasks
  /** Whether something is not free yet. */
  readonly waits: boolean
}

function differenceOf(
  current: Owned,
  target: Tasks,
  isTaken: (subtopologyId: string, partition: number) => boolean,
): Difference {
  const kept = new Map<string, Map<number, number>>()
  const revoked = new Map<string, Map<number, number>>()
  const added = new Map<string, Set<number>>()
  let waits = false
  for (const [subtopologyId, partitions] of current) {
    for (const [partition, epoch] of partitions) {
      const isKept = target.get(subtopologyId)?.has(partition) === true
      const tasks = isKept ? kept : revoked
      tasks.set(subtopologyId, (tasks.get(subtopologyId) ?? new Map()).set(partition, epoch))
    }
  }
  for (const [subtopologyId, partitions] of target) {
    for (const partition of partitions) {
      if (current.get(subtopologyId)?.has(partition) === true) continue
      if (isTaken(subtopologyId, partition)) waits = true
      else added.set(subtopologyId, (added.get(subtopologyId) ?? new Set()).add(partition))
    }
  }
  return { kept, revoked, added, waits }
}

function withAdded(kept: Owned, added: Tasks, epoch: number): Owned {
  const all = new Map(Array.from(kept, ([id, partitions]) => [id, new Map(partitions)]))
  for (const [id, partitions] of added) {
    const epochs = all.get(id) ?? new Map<number, number>()
    for (const partition of partitions) epochs.set(partition, epoch)
    all.set(id, epochs)
  }
  return all
}

function asMaps(tasks: Tasks): Owned {
  return new Map(
    Array.from(tasks, ([id, partitions]) => [id, new Map(Array.from(partitions, (p) => [p, 0]))]),
  )
}

function asSets(tasks: Owned): Tasks {
  return new Map(Array.from(tasks, ([id, partitions]) => [id, new Set(partitions.keys())]))
}
