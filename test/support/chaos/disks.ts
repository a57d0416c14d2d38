// A small disk of its own for each node: a file system in a file, mounted where nobody else sees
// it. It can be made full, or stand still. Only inside a sandbox (see sandbox.ts).

import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { runTool, toolWorks } from './run-tool.ts'

const fillerName = 'filler'
const fillStepBytes = 1_048_576
const fillChunk = Buffer.alloc(fillStepBytes, 1)

export class FaultDisks {
  readonly #dir: string
  readonly #frozen = new Set<number>()

  constructor(dir: string, ids: readonly number[], megabytes: number) {
    this.#dir = dir
    for (const id of ids) {
      const image = join(dir, `disk-${id}.img`)
      mkdirSync(this.mountOf(id), { recursive: true })
      runTool('truncate', '-s', `${megabytes}M`, image)
      runTool('mkfs.ext4', '-q', '-F', '-m', '0', image)
      runTool('mount', '-o', 'loop', image, this.mountOf(id))
    }
  }

  /** Where a node's log directory belongs; the mount itself has a directory of its own in it. */
  dataDir(id: number): string {
    return join(this.mountOf(id), 'logs')
  }

  mountOf(id: number): string {
    return join(this.#dir, `disk-${id}`)
  }

  /** Takes all the space there is, without writing to it. */
  fill(id: number): void {
    const filler = join(this.mountOf(id), fillerName)
    const taken = (bytes: number) => toolWorks('fallocate', '--length', String(bytes), filler)
    // Its own bookkeeping takes some of it, and the node goes on writing meanwhile.
    let bytes = this.freeBytes(id)
    while (bytes > 0 && !taken(bytes)) bytes -= fillStepBytes
    this.#fillRest(id)
  }

  #fillRest(id: number): void {
    const file = openSync(join(this.mountOf(id), fillerName), 'a')
    try {
      for (;;) writeSync(file, fillChunk)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  freeBytes(id: number): number {
    const { bavail, bsize } = statfsSync(this.mountOf(id))
    return bavail * bsize
  }

  empty(id: number): void {
    rmSync(join(this.mountOf(id), fillerName), { force: true })
  }

  /** Every write to it waits until it is thawed. */
  freeze(id: number): void {
    if (this.#frozen.has(id)) return
    runTool('fsfreeze', '--freeze', this.mountOf(id))
    this.#frozen.add(id)
  }

  thaw(id: number): void {
    if (!this.#frozen.has(id)) return
    runTool('fsfreeze', '--unfreeze', this.mountOf(id))
    this.#frozen.delete(id)
  }

  /** Unmounts what is mounted; a process that still has a file open there keeps its disk alive. */
  close(ids: readonly number[]): void {
    for (const id of ids) {
      this.thaw(id)
      toolWorks('umount', '--lazy', this.mountOf(id))
    }
  }
}
