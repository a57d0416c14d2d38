// A disk in memory that fails as told: an operation can be refused with an error, be done in part,
// or be the last one before a crash. After a crash the disk's state is what a killed process or a
// power loss leaves behind. Directory entries reach the device in the order of the operations, and
// surely only by syncDirectory.

import { dirname } from 'node:path'
import { DirectoryLockedError } from '@samsa/broker/disk/directory-lock'
import type { Disk, DiskFile, DiskSpace, FileStatus, OpenMode } from '@samsa/broker/disk/disk'
import { MemoryInode } from './memory-file.ts'

export type OperationKind =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'list'
  | 'status'
  | 'makeDirectory'
  | 'rename'
  | 'remove'
  | 'syncDirectory'

export interface Operation {
  /** Counted from 0 over the life of the disk. */
  readonly index: number
  readonly kind: OperationKind
  readonly path: string
  /** Of a write. */
  readonly bytes: number
}

/** `writtenBytes`: how much of a write is done before the fault. */
export type Fault =
  | { readonly kind: 'error'; readonly code: string; readonly writtenBytes?: number }
  | { readonly kind: 'crash'; readonly writtenBytes?: number }
  | { readonly kind: 'wait'; readonly until: Promise<void> }

export class DiskFault extends Error {
  readonly code: string

  constructor(code: string, operation: string) {
    super(`${code}: ${operation}`)
    this.code = code
  }
}

type Entry = MemoryInode | 'directory'
type Tree = Map<string, Entry>
interface TreeChange {
  readonly paths: readonly string[]
  apply(tree: Tree): void
}

export class MemoryDisk implements Disk {
  operations = 0
  capacityBytes = Number.MAX_SAFE_INTEGER
  /** Decides the fate of each operation as it starts. */
  onOperation: (operation: Operation) => Fault | undefined = () => undefined
  /** Every file operation goes through here: for tests that count or watch. */
  nowMs: () => number = () => 0
  openFiles = 0
  #crashed = false
  #tree: Tree = new Map([['/', 'directory']])
  #durableTree: Tree = new Map([['/', 'directory']])
  #changes: TreeChange[] = []
  readonly #locked = new Set<string>()

  get crashed(): boolean {
    return this.#crashed
  }

  /**
   * What a new process finds: after kill -9 everything that was written, after power loss what the
   * device had.
   */
  afterCrash(kind: 'process' | 'power', random: () => number): MemoryDisk {
    this.#crashed = true
    const next = new MemoryDisk()
    let tree = this.#tree
    if (kind === 'power') {
      tree = new Map(this.#durableTree)
      const kept = Math.floor(random() * (this.#changes.length + 1))
      for (const change of this.#changes.slice(0, kept)) change.apply(tree)
    }
    const copies = new Map<MemoryInode, MemoryInode>()
    for (const [path, entry] of tree) {
      if (entry === 'directory') {
        next.#tree.set(path, entry)
        continue
      }
      const copy =
        copies.get(entry) ?? (kind === 'power' ? entry.afterPowerLoss(random) : entry.copy())
      copies.set(entry, copy)
      next.#tree.set(path, copy)
    }
    next.#durableTree = new Map(next.#tree)
    next.capacityBytes = this.capacityBytes
    return next
  }

  /** The bytes of a file as processes see it, for looking and for damaging. */
  inode(path: string): MemoryInode {
    const entry = this.#tree.get(path)
    if (entry === undefined || entry === 'directory') throw new DiskFault('ENOENT', path)
    return entry
  }

  files(under = '/'): string[] {
    const prefix = under.endsWith('/') ? under : `${under}/`
    return [...this.#tree]
      .filter(([path, entry]) => entry !== 'directory' && path.startsWith(prefix))
      .map(([path]) => path)
      .sort()
  }

  get usedBytes(): number {
    let sum = 0
    for (const entry of this.#tree.values()) if (entry !== 'directory') sum += entry.sizeBytes
    return sum
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.step('open', path)
    let entry = this.#tree.get(path)
    if (entry === 'directory') throw new DiskFault('EISDIR', path)
    if (entry === undefined) {
      if (mode !== 'create') throw new DiskFault('ENOENT', path)
      this.#requireDirectory(dirname(path))
      const made = new MemoryInode()
      entry = made
      this.#change([path], (tree) => tree.set(path, made))
    }
    this.openFiles++
    return new MemoryFile(this, path, entry)
  }

  async readFile(path: string): Promise<Buffer> {
    await this.step('read', path)
    return Buffer.from(this.inode(path).bytes())
  }

  async list(path: string): Promise<string[]> {
    await this.step('list', path)
    this.#requireDirectory(path)
    const prefix = path === '/' ? '/' : `${path}/`
    return [...this.#tree.keys()]
      .filter((entry) => entry.startsWith(prefix) && entry !== '/')
      .map((entry) => entry.slice(prefix.length))
      .filter((name) => !name.includes('/'))
  }

  async status(path: string): Promise<FileStatus | null> {
    await this.step('status', path)
    const entry = this.#tree.get(path)
    if (entry === undefined) return null
    if (entry === 'directory') return { kind: 'directory', sizeBytes: 0, modifiedMs: 0 }
    return { kind: 'file', sizeBytes: entry.sizeBytes, modifiedMs: entry.modifiedMs }
  }

  async makeDirectory(path: string): Promise<void> {
    await this.step('makeDirectory', path)
    const missing: string[] = []
    for (let at = path; !this.#tree.has(at); at = dirname(at)) missing.unshift(at)
    for (const made of missing) this.#change([made], (tree) => tree.set(made, 'directory'))
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step('rename', from)
    if (!this.#tree.has(from)) throw new DiskFault('ENOENT', from)
    this.#requireDirectory(dirname(to))
    this.#change([from, to], (tree) => {
      for (const [path, entry] of tree) {
        if (path !== from && !path.startsWith(`${from}/`)) continue
        tree.delete(path)
        tree.set(to + path.slice(from.length), entry)
      }
    })
  }

  async remove(path: string): Promise<void> {
    await this.step('remove', path)
    if (!this.#tree.has(path)) return
    this.#change([path], (tree) => {
      for (const entry of tree.keys()) {
        if (entry === path || entry.startsWith(`${path}/`)) tree.delete(entry)
      }
    })
  }

  async syncDirectory(path: string): Promise<void> {
    await this.step('syncDirectory', path)
    this.#requireDirectory(path)
    const last = this.#changes.findLastIndex((change) =>
      change.paths.some((changed) => dirname(changed) === path),
    )
    for (const change of this.#changes.splice(0, last + 1)) change.apply(this.#durableTree)
  }

  async space(path: string): Promise<DiskSpace> {
    await this.step('status', path)
    return {
      totalBytes: this.capacityBytes,
      usableBytes: Math.max(0, this.capacityBytes - this.usedBytes),
    }
  }

  async lock(path: string): Promise<() => Promise<void>> {
    await this.step('status', path)
    if (this.#locked.has(path)) throw new DirectoryLockedError(path)
    this.#locked.add(path)
    return async () => {
      this.#locked.delete(path)
    }
  }

  /**
   * One operation: takes a turn of the event loop, and may be refused or be the last. Returns bytes
   * to write.
   */
  async step(kind: OperationKind, path: string, bytes = 0): Promise<Fault | undefined> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#crashed) throw new DiskFault('ECRASHED', `${kind} ${path}`)
    const fault = this.onOperation({ index: this.operations++, kind, path, bytes })
    if (fault?.kind === 'wait') {
      await fault.until
      return undefined
    }
    if (fault !== undefined && kind !== 'write') this.raise(fault, `${kind} ${path}`)
    return fault
  }

  raise(fault: Fault, what: string): never {
    if (fault.kind === 'crash') this.#crashed = true
    throw new DiskFault(fault.kind === 'error' ? fault.code : 'ECRASHED', what)
  }

  #requireDirectory(path: string): void {
    if (this.#tree.get(path) !== 'directory') throw new DiskFault('ENOENT', path)
  }

  #change(paths: readonly string[], apply: (tree: Tree) => void): void {
    apply(this.#tree)
    this.#changes.push({ paths, apply })
  }
}

class MemoryFile implements DiskFile {
  readonly #disk: MemoryDisk
  readonly #path: string
  readonly #inode: MemoryInode
  #open = true

  constructor(disk: MemoryDisk, path: string, inode: MemoryInode) {
    this.#disk = disk
    this.#path = path
    this.#inode = inode
  }

  async read(buffer: Buffer, start: number, length: number, position: number): Promise<number> {
    this.#requireOpen()
    await this.#disk.step('read', this.#path)
    return this.#inode.read(buffer, start, length, position)
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    this.#requireOpen()
    const bytes = Buffer.concat(buffers)
    const fault = await this.#disk.step('write', this.#path, bytes.length)
    const end = position + bytes.length
    const free = this.#disk.capacityBytes - this.#disk.usedBytes
    const room = Math.max(0, free + Math.max(0, this.#inode.sizeBytes - position))
    let count = Math.min(bytes.length, room)
    if (fault !== undefined && fault.kind !== 'wait') {
      count = Math.min(count, fault.writtenBytes ?? 0)
    }
    this.#inode.write(bytes.subarray(0, count), position)
    this.#inode.modifiedMs = this.#disk.nowMs()
    if (fault !== undefined) this.#disk.raise(fault, `write ${this.#path}`)
    if (position + count < end) throw new DiskFault('ENOSPC', `write ${this.#path}`)
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#requireOpen()
    await this.#disk.step('truncate', this.#path)
    this.#inode.truncate(sizeBytes)
  }

  async sync(): Promise<void> {
    this.#requireOpen()
    await this.#disk.step('sync', this.#path)
    this.#inode.sync()
  }

  async close(): Promise<void> {
    this.#requireOpen()
    this.#open = false
    this.#disk.openFiles--
  }

  #requireOpen(): void {
    if (!this.#open) throw new DiskFault('EBADF', this.#path)
  }
}
