// The `sticky` assignor of streams groups (KIP-1071): active tasks stay where they are as long as
// no member has more than its share, then go to where a standby of them is, and the rest to the
// process with the least to do; standbys, of stateful tasks only, likewise, never two of a task in
// one process. Pure; the same groups give what Kafka's StickyTaskAssignor makes of them.

import { inJavaOrder, javaStringHash } from './java-order.ts'
import { JavaPriorityQueue } from './java-priority-queue.ts'
import { ProcessLoad } from './process-load.ts'
import { compareTasks, type Task, TaskMap } from './task.ts'

/** Partitions by subtopology id. */
export type TaskSets = ReadonlyMap<string, ReadonlySet<number>>

export interface TaskAssignmentMember {
  readonly memberId: string
  readonly processId: string
  /** What it was to have by the last assignment. */
  readonly active: TaskSets
  readonly standby: TaskSets
}

export interface TaskAssignmentSpec {
  /** In the order of a HashMap. */
  readonly members: readonly TaskAssignmentMember[]
  /** A task for each partition. */
  readonly subtopologies: readonly {
    readonly subtopologyId: string
    readonly taskCount: number
    readonly isStateful: boolean
  }[]
  readonly standbyReplicas: number
}

export interface AssignedTasks {
  readonly active: TaskSets
  readonly standby: TaskSets
}

interface Holder {
  readonly memberId: string
  readonly process: ProcessLoad
}

/** Every member has an entry. Standbys that no process has room for are left out. */
export function assignTasks(spec: TaskAssignmentSpec): Map<string, AssignedTasks> {
  return new TaskAssignment(spec).run()
}

class TaskAssignment {
  readonly #spec: TaskAssignmentSpec
  readonly #processes: readonly ProcessLoad[]
  readonly #lastActive = new TaskMap<Holder>()
  readonly #lastStandby = new TaskMap<Holder[]>()
  readonly #activeQuota: Quota
  readonly #quota: Quota

  constructor(spec: TaskAssignmentSpec) {
    this.#spec = spec
    const { members, subtopologies, standbyReplicas } = spec
    let activeCount = 0
    let count = 0
    for (const { taskCount, isStateful } of subtopologies) {
      activeCount += taskCount
      count += taskCount * (isStateful ? 1 + standbyReplicas : 1)
    }
    this.#activeQuota = new Quota(activeCount, members.length)
    this.#quota = new Quota(count, members.length)
    this.#processes = this.#placeMembers()
  }

  #placeMembers(): ProcessLoad[] {
    const { members } = this.#spec
    const processes = new Map<string, ProcessLoad>()
    for (const { memberId, processId, active, standby } of members) {
      const process = processes.get(processId) ?? new ProcessLoad(processId)
      processes.set(processId, process)
      process.addMember(memberId)
      const holder = { memberId, process }
      for (const task of tasksOf(active)) this.#lastActive.set(task, holder)
      for (const task of tasksOf(standby)) {
        const holders = this.#lastStandby.get(task)
        if (holders === undefined) this.#lastStandby.set(task, [holder])
        else holders.push(holder)
      }
    }
    const slots = 2 ** Math.ceil(Math.log2(Math.max(members.length, 1)))
    return inJavaOrder(processes.values(), ({ processId }) => javaStringHash(processId), slots)
  }

  run(): Map<string, AssignedTasks> {
    this.#assignActive()
    if (this.#spec.standbyReplicas > 0) this.#assignStandby()
    const assigned = new Map<string, AssignedTasks>()
    for (const process of this.#processes) {
      for (const memberId of process.memberIds) assigned.set(memberId, process.tasksOf(memberId))
    }
    return assigned
  }

  #tasks(which: 'all' | 'stateful'): Task[] {
    return this.#spec.subtopologies
      .filter(({ isStateful }) => which === 'all' || isStateful)
      .flatMap(({ subtopologyId, taskCount }) =>
        Array.from({ length: taskCount }, (_, partition) => ({ subtopologyId, partition })),
      )
  }

  #assignActive(): void {
    const tasks = this.#tasks('all').sort(compareTasks.byPartition)
    const moved = tasks.filter((task) => !this.#giveActive(task, this.#lastActive.get(task)))
    const rest = moved.filter(
      (task) => !this.#giveActive(task, leastLoaded(this.#lastStandby.get(task), null)),
    )
    const byLoad = new JavaPriorityQueue(this.#processes, ProcessLoad.compare)
    for (const task of rest.sort(compareTasks.bySubtopology)) {
      const process = byLoad.poll()
      if (process === undefined) return
      this.#count(process.addToLeastLoaded(task, 'active'), 'active')
      byLoad.add(process)
    }
  }

  #giveActive(task: Task, holder: Holder | undefined): boolean {
    if (holder === undefined) return false
    const { memberId, process } = holder
    if (process.countOf(memberId) >= this.#activeQuota.perMember) return false
    this.#count(process.add(memberId, task, 'active'), 'active')
    return true
  }

  #count(memberTasks: number, kind: 'active' | 'standby'): void {
    if (kind === 'active') this.#activeQuota.note(memberTasks)
    this.#quota.note(memberTasks)
  }

  #assignStandby(): void {
    const { standbyReplicas } = this.#spec
    const missing: { task: Task; count: number }[] = []
    for (const task of this.#tasks('stateful').sort((a, b) => compareTasks.byPartition(b, a))) {
      let given = 0
      while (given < standbyReplicas && this.#giveStandby(task)) given++
      if (given < standbyReplicas) missing.push({ task, count: standbyReplicas - given })
    }
    missing.sort((a, b) => compareTasks.bySubtopology(b.task, a.task))
    const byLoad = new JavaPriorityQueue(this.#processes, ProcessLoad.compare)
    for (const { task, count } of missing) {
      for (let given = 0; given < count; given++) {
        if (!this.#giveToLeastLoaded(byLoad, task)) break
      }
    }
  }

  /** To whoever had it, as the active task or as a standby. */
  #giveStandby(task: Task): boolean {
    const { perMember } = this.#quota
    const active = this.#lastActive.get(task)
    const holder =
      active !== undefined &&
      !active.process.has(task) &&
      active.process.countOf(active.memberId) < perMember
        ? active
        : leastLoaded(this.#lastStandby.get(task), task)
    if (holder === undefined || holder.process.countOf(holder.memberId) >= perMember) return false
    this.#count(holder.process.add(holder.memberId, task, 'standby'), 'standby')
    return true
  }

  /** Processes that have the task are put aside, and come back in reverse order, as in Kafka. */
  #giveToLeastLoaded(byLoad: JavaPriorityQueue<ProcessLoad>, task: Task): boolean {
    const aside: ProcessLoad[] = []
    let process = byLoad.poll()
    while (process?.has(task) === true && byLoad.size > 0) {
      aside.push(process)
      process = byLoad.poll()
    }
    if (process === undefined) return false
    const isFree = !process.has(task)
    if (isFree) this.#count(process.addToLeastLoaded(task, 'standby'), 'standby')
    byLoad.add(process)
    for (const other of aside.toReversed()) byLoad.add(other)
    return isFree
  }
}

/** What each member may have at least; whoever has so much is not counted any more. */
class Quota {
  #tasks: number
  #members: number
  perMember: number

  constructor(tasks: number, members: number) {
    this.#tasks = tasks
    this.#members = members
    this.perMember = perMember(tasks, members)
  }

  note(memberTasks: number): void {
    if (memberTasks !== this.perMember) return
    this.#members--
    this.#tasks -= memberTasks
    this.perMember = perMember(this.#tasks, this.#members)
  }
}

function perMember(tasks: number, members: number): number {
  return members === 0 ? 0 : Math.ceil(tasks / members)
}

/** `task`: a process that has it is passed over. */
function leastLoaded(holders: readonly Holder[] | undefined, task: Task | null) {
  const [first, ...others] = holders ?? []
  if (first === undefined) return undefined
  let best = first
  let processLoad = first.process.load
  let memberLoad = first.process.countOf(first.memberId)
  for (const holder of others) {
    const { process, memberId } = holder
    if (process.load >= processLoad || (task !== null && process.has(task))) continue
    if (process.countOf(memberId) >= memberLoad) continue
    best = holder
    processLoad = process.load
    memberLoad = process.countOf(memberId)
  }
  // Kafka looks at the first, whichever it chose.
  return task !== null && first.process.has(task) ? undefined : best
}

function* tasksOf(sets: TaskSets): Generator<Task> {
  for (const [subtopologyId, partitions] of sets) {
    for (const partition of partitions) yield { subtopologyId, partition }
  }
}
