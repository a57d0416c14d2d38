// A task of a streams group: one partition of a subtopology. A value.

export interface Task {
  readonly subtopologyId: string
  readonly partition: number
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export const compareTasks = {
  byPartition: (a: Task, b: Task): number =>
    a.partition - b.partition || compareText(a.subtopologyId, b.subtopologyId),
  bySubtopology: (a: Task, b: Task): number =>
    compareText(a.subtopologyId, b.subtopologyId) || a.partition - b.partition,
} as const

/** A map whose keys are tasks. */
export class TaskMap<V> {
  readonly #values = new Map<string, Map<number, V>>()

  get({ subtopologyId, partition }: Task): V | undefined {
    return this.#values.get(subtopologyId)?.get(partition)
  }

  set({ subtopologyId, partition }: Task, value: V): void {
    const partitions = this.#values.get(subtopologyId) ?? new Map<number, V>()
    this.#values.set(subtopologyId, partitions.set(partition, value))
  }
}
