// Sets of tasks of a streams group, by subtopology id: what members are to have and what they have,
// as active tasks, standbys and warm-ups. Values; every function makes a new one.

import {
  type AssignedPartitions,
  noPartitions,
  type Partitions,
  samePartitions,
  toPartitions,
} from '../consumer/partitions.ts'

/** Partitions by subtopology id. */
export type Tasks = Partitions

export interface TargetTasks {
  readonly active: Tasks
  readonly standby: Tasks
  readonly warmup: Tasks
}

export interface OwnedTasks {
  /** With the member epoch at which each was assigned (KIP-1251). */
  readonly active: AssignedPartitions
  readonly standby: Tasks
  readonly warmup: Tasks
}

export const noTasks = {
  active: noPartitions,
  standby: noPartitions,
  warmup: noPartitions,
} as const

export const taskRoles = ['active', 'standby', 'warmup'] as const

export interface TaskIds {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export function toTasks(ids: readonly TaskIds[]): Tasks {
  return toPartitions(
    ids.map(({ subtopologyId, partitions }) => ({ topicId: subtopologyId, partitions })),
  )
}

interface Keyed {
  readonly size: number
  has(partition: number): boolean
  keys(): IterableIterator<number>
}

type AnyTasks = ReadonlyMap<string, Keyed>
type AnyRoles = { readonly [R in (typeof taskRoles)[number]]: AnyTasks }

export function toTaskIds(tasks: AnyTasks) {
  return Array.from(tasks, ([subtopologyId, partitions]) => ({
    subtopologyId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }))
}

/** Whether both have the same tasks in the same roles, whatever their epochs. */
export function sameTasks(a: AnyRoles, b: AnyRoles): boolean {
  return taskRoles.every((role) => samePartitions(a[role], b[role]))
}

export function isNone(tasks: AnyRoles): boolean {
  return taskRoles.every((role) => tasks[role].size === 0)
}

/** Whether any task is in both, in the same role. */
export function overlap(a: AnyRoles, b: AnyRoles): boolean {
  return taskRoles.some((role) =>
    [...a[role]].some(([subtopologyId, partitions]) => {
      const others = b[role].get(subtopologyId)
      return others !== undefined && [...partitions.keys()].some((index) => others.has(index))
    }),
  )
}

/** Whether each of the tasks is in `within`. */
export function areWithin(ids: readonly TaskIds[], within: AnyTasks): boolean {
  return ids.every(({ subtopologyId, partitions }) => {
    const known = within.get(subtopologyId)
    return partitions.every((partition) => known?.has(partition) === true)
  })
}
