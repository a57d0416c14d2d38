// Runs tasks one after the other: what changes a log's files (roll, flush, truncation, deletion,
// close) must not overlap.

export class SerialTasks {
  #last: Promise<unknown> = Promise.resolve()
  #count = 0

  /** Starts `task` when those before it have settled, whatever their outcome. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#count++
    const done = this.#last.then(task).finally(() => {
      this.#count--
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  get isIdle(): boolean {
    return this.#count === 0
  }
}
