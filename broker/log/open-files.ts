// Open descriptors of all logs, bounded: a file is opened when it is used, and the ones longest
// unused are closed when there are too many. Owns every DiskFile under the log directories.

import type { Disk, DiskFile, OpenMode } from '../disk/disk.ts'
import { BrokerError } from '../errors.ts'
import { SerialTasks } from './serial-tasks.ts'

export class OpenFiles {
  readonly disk: Disk
  readonly #max: number
  /** In the order of their last use, the oldest first. */
  readonly #open = new Set<LogFile>()

  constructor(disk: Disk, max: number) {
    this.disk = disk
    this.#max = max
  }

  get count(): number {
    return this.#open.size
  }

  /**
   * Puts a file at the young end, and closes old ones that nobody uses while there are too many.
   */
  touch(file: LogFile): void {
    this.#open.delete(file)
    this.#open.add(file)
    if (this.#open.size <= this.#max) return
    for (const old of this.#open) {
      if (old === file || old.inUse) continue
      // A failing close of an idle descriptor loses nothing: its writes and syncs have reported
      // theirs.
      void old.close().catch(() => undefined)
      if (this.#open.size <= this.#max) return
    }
  }

  forget(file: LogFile): void {
    this.#open.delete(file)
  }
}

/** One file by its path; opened on first use. */
export class LogFile {
  readonly #files: OpenFiles
  #path: string
  #file: DiskFile | null = null
  readonly #opening = new SerialTasks()
  #users = 0
  #whenIdle: (() => void)[] = []
  #removed = false

  constructor(files: OpenFiles, path: string) {
    this.#files = files
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  get inUse(): boolean {
    return this.#users > 0
  }

  /** Runs `action` on the file, which must exist. */
  use<T>(action: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#use('update', action)
  }

  /** Runs `action` on the file, which is made if it does not exist. */
  useOrMake<T>(action: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#use('create', action)
  }

  async #use<T>(mode: OpenMode, action: (file: DiskFile) => Promise<T>): Promise<T> {
    if (this.#removed) throw new BrokerError('KAFKA_STORAGE_ERROR', `${this.#path} was removed`)
    this.#users++
    try {
      const file = this.#file ?? (await this.#open(mode))
      this.#files.touch(this)
      return await action(file)
    } finally {
      this.#users--
      if (this.#users === 0) for (const wake of this.#whenIdle.splice(0)) wake()
    }
  }

  /** One after the other, so that the file is open once, however it was asked for. */
  #open(mode: OpenMode): Promise<DiskFile> {
    return this.#opening.run(async () => {
      this.#file ??= await this.#files.disk.open(this.#path, mode)
      return this.#file
    })
  }

  /**
   * The descriptor, if open, goes on under the new name; nobody opens the old one meanwhile. Where
   * there is no file the name alone changes: a file that gets the old one is another's.
   */
  rename(path: string): Promise<void> {
    return this.#opening.run(async () => {
      const { disk } = this.#files
      if ((await disk.status(this.#path)) !== null) await disk.rename(this.#path, path)
      this.#path = path
    })
  }

  async sizeBytes(): Promise<number> {
    const status = await this.#files.disk.status(this.#path)
    return status?.sizeBytes ?? 0
  }

  /** Waits for those who use the file. It opens again on the next use. */
  async close(): Promise<void> {
    while (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle.push(resolve)
      })
    }
    const file = this.#file
    if (file === null) return
    this.#file = null
    this.#files.forget(this)
    await file.close()
  }

  /** Nothing can use the file from now on; those who do may finish. */
  async retire(): Promise<void> {
    this.#removed = true
    await this.close()
  }

  async remove(): Promise<void> {
    await this.retire()
    await this.#files.disk.remove(this.#path)
  }
}
