// What one process of a streams group has been given: its members are threads that share its
// memory and disk, so that a task is never twice in it.

import { inJavaOrder, javaStringHash } from './java-order.ts'
import { JavaPriorityQueue } from './java-priority-queue.ts'
import type { Task } from './task.ts'

interface MemberTasks {
  readonly active: Map<string, Set<number>>
  readonly standby: Map<string, Set<number>>
  count: number
}

interface MemberLoad {
  readonly memberId: string
  count: number
}

export class ProcessLoad {
  readonly processId: string
  readonly #members = new Map<string, MemberTasks>()
  readonly #tasks = new Map<string, Set<number>>()
  #taskCount = 0
  /** Made when a task goes to whoever has least, void when one is given to a certain member. */
  #byLoad: JavaPriorityQueue<MemberLoad> | null = null

  constructor(processId: string) {
    this.processId = processId
  }

  static readonly compare = (a: ProcessLoad, b: ProcessLoad): number => a.load - b.load

  addMember(memberId: string): void {
    this.#members.set(memberId, { active: new Map(), standby: new Map(), count: 0 })
  }

  get memberIds(): Iterable<string> {
    return this.#members.keys()
  }

  /** Tasks for each of its members. */
  get load(): number {
    return this.#taskCount / this.#members.size
  }

  countOf(memberId: string): number {
    return this.#members.get(memberId)?.count ?? 0
  }

  tasksOf(memberId: string) {
    const { active, standby } = this.#member(memberId)
    return { active, standby }
  }

  has({ subtopologyId, partition }: Task): boolean {
    return this.#tasks.get(subtopologyId)?.has(partition) === true
  }

  /** Returns how many tasks the member has then. */
  add(memberId: string, task: Task, kind: 'active' | 'standby'): number {
    this.#byLoad = null
    return this.#add(memberId, task, kind)
  }

  addToLeastLoaded(task: Task, kind: 'active' | 'standby'): number {
    const [only] = this.#members.keys()
    if (this.#members.size === 1 && only !== undefined) return this.#add(only, task, kind)
    this.#byLoad ??= this.#membersByLoad()
    const least = this.#byLoad.poll()
    if (least === undefined) return -1
    least.count = this.#add(least.memberId, task, kind)
    this.#byLoad.add(least)
    return least.count
  }

  #membersByLoad(): JavaPriorityQueue<MemberLoad> {
    const members = Array.from(this.#members, ([memberId, { count }]) => ({ memberId, count }))
    const ordered = inJavaOrder(members, ({ memberId }) => javaStringHash(memberId))
    return new JavaPriorityQueue(ordered, (a, b) => a.count - b.count)
  }

  #member(memberId: string): MemberTasks {
    return this.#members.get(memberId) ?? { active: new Map(), standby: new Map(), count: 0 }
  }

  #add(memberId: string, { subtopologyId, partition }: Task, kind: 'active' | 'standby'): number {
    const member = this.#member(memberId)
    for (const sets of [member[kind], this.#tasks]) {
      const partitions = sets.get(subtopologyId) ?? new Set()
      sets.set(subtopologyId, partitions.add(partition))
    }
    this.#taskCount++
    member.count++
    return member.count
  }
}
