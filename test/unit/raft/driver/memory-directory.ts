// A directory in memory that loses what a real one may lose. When the power fails, each unsynced
// write got there, or did not, or a part of it did, whatever became of those before it; names
// changed since the last directory sync up to some point only.

import type { RaftDirectory, RaftFile } from '@samsa/raft/driver/directory'

export class PowerFailure extends Error {
  override readonly name = 'PowerFailure'
}

type Change =
  | { readonly type: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly size: number }

/** What decides how much of the unsynced survives. */
export interface Fate {
  /** A whole number from 0 through `max`. */
  upTo(max: number): number
}

function applied(bytes: Buffer, change: Change): Buffer {
  if (change.type === 'truncate') {
    const cut = Buffer.alloc(change.size)
    bytes.copy(cut)
    return cut
  }
  const end = change.position + change.bytes.length
  const result = Buffer.alloc(Math.max(bytes.length, end))
  bytes.copy(result)
  change.bytes.copy(result, change.position)
  return result
}

class Inode {
  durable: Buffer = Buffer.alloc(0)
  current: Buffer = Buffer.alloc(0)
  unsynced: Change[] = []

  change(change: Change): void {
    this.current = applied(this.current, change)
    this.unsynced.push(change)
  }

  sync(): void {
    this.durable = this.current
    this.unsynced = []
  }

  lose(fate: Fate): void {
    let bytes = this.durable
    for (const change of this.unsynced) {
      const outcome = fate.upTo(2)
      if (outcome === 0) continue
      const isTorn = outcome === 1 && change.type === 'write'
      if (!isTorn) bytes = applied(bytes, change)
      else
        bytes = applied(bytes, {
          ...change,
          bytes: change.bytes.subarray(0, fate.upTo(change.bytes.length)),
        })
    }
    this.durable = bytes
    this.current = bytes
    this.unsynced = []
  }
}

type NameChange =
  | { readonly type: 'link'; readonly name: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly name: string }

function renamed(names: ReadonlyMap<string, Inode>, changes: readonly NameChange[]) {
  const result = new Map(names)
  for (const change of changes) {
    if (change.type === 'link') result.set(change.name, change.inode)
    else result.delete(change.name)
  }
  return result
}

export class MemoryDirectory implements RaftDirectory {
  /** Operations until the power fails; each one after that does too. */
  operationsLeft = Number.POSITIVE_INFINITY
  operations = 0
  /** Makes the next sync fail, as a disk does that is going. */
  failsSync = false
  /** Bytes that still fit; a write past them is cut where they end, and fails. */
  roomBytes = Number.POSITIVE_INFINITY
  #durableNames = new Map<string, Inode>()
  #names = new Map<string, Inode>()
  /** Each group happens as a whole: a renaming is never half done. */
  #unsyncedNames: NameChange[][] = []

  async #operate(): Promise<void> {
    await Promise.resolve()
    this.operations++
    if (this.operationsLeft-- <= 0) throw new PowerFailure('the power is gone')
  }

  #inode(name: string): Inode {
    const inode = this.#names.get(name)
    if (inode === undefined) throw new Error(`no file ${name}`)
    return inode
  }

  #changeNames(...changes: NameChange[]): void {
    this.#names = renamed(this.#names, changes)
    this.#unsyncedNames.push(changes)
  }

  #file(inode: Inode): RaftFile {
    return {
      write: async (chunks, position) => {
        await this.#operate()
        const bytes = Buffer.concat(chunks)
        const fitting = bytes.subarray(0, this.roomBytes)
        this.roomBytes -= fitting.length
        inode.change({ type: 'write', position, bytes: fitting })
        if (fitting.length === bytes.length) return
        const error = new Error('ENOSPC: no space left on device')
        throw Object.assign(error, { code: 'ENOSPC', syscall: 'writev' })
      },
      read: async (position, length) => {
        await this.#operate()
        return Buffer.from(inode.current.subarray(position, position + length))
      },
      truncate: async (size) => {
        await this.#operate()
        inode.change({ type: 'truncate', size })
      },
      sync: async () => {
        await this.#operate()
        if (this.failsSync) throw new Error('EIO')
        inode.sync()
      },
      close: () => Promise.resolve(),
    }
  }

  async list(): Promise<string[]> {
    await this.#operate()
    return [...this.#names.keys()].toSorted()
  }

  async read(name: string): Promise<Buffer> {
    await this.#operate()
    return Buffer.from(this.#inode(name).current)
  }

  async create(name: string): Promise<RaftFile> {
    await this.#operate()
    const inode = new Inode()
    this.#changeNames({ type: 'link', name, inode })
    return this.#file(inode)
  }

  async open(name: string): Promise<RaftFile> {
    await this.#operate()
    return this.#file(this.#inode(name))
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operate()
    const inode = this.#inode(from)
    this.#changeNames({ type: 'unlink', name: from }, { type: 'link', name: to, inode })
  }

  async remove(name: string): Promise<void> {
    await this.#operate()
    if (this.#names.has(name)) this.#changeNames({ type: 'unlink', name })
  }

  async syncDirectory(): Promise<void> {
    await this.#operate()
    this.#durableNames = new Map(this.#names)
    this.#unsyncedNames = []
  }

  /** The power comes back. */
  crash(fate: Fate): void {
    const groups = this.#unsyncedNames.slice(0, fate.upTo(this.#unsyncedNames.length))
    this.#durableNames = renamed(this.#durableNames, groups.flat())
    this.#names = new Map(this.#durableNames)
    this.#unsyncedNames = []
    for (const inode of new Set(this.#names.values())) inode.lose(fate)
    this.operationsLeft = Number.POSITIVE_INFINITY
    this.failsSync = false
  }

  /** Only the process dies: the kernel keeps all that was written. */
  kill(): void {
    this.operationsLeft = Number.POSITIVE_INFINITY
  }

  get names(): string[] {
    return [...this.#names.keys()].toSorted()
  }

  sizeOf(name: string): number {
    return this.#inode(name).current.length
  }

  flipBit(name: string, at: number): void {
    const inode = this.#inode(name)
    const bytes = Buffer.from(inode.current)
    bytes[at] = (bytes[at] ?? 0) ^ 0x20
    inode.current = bytes
    inode.durable = bytes
  }

  /** Other content, as if it had been written and synced. */
  overwrite(name: string, content: Buffer): void {
    const inode = this.#inode(name)
    inode.current = content
    inode.durable = content
  }

  truncate(name: string, size: number): void {
    this.#inode(name).change({ type: 'truncate', size })
    this.#inode(name).sync()
  }

  erase(name: string): void {
    this.#changeNames({ type: 'unlink', name })
    this.#durableNames = new Map(this.#names)
    this.#unsyncedNames = []
  }

  /** A copy that goes its own way. */
  copy(): MemoryDirectory {
    const copy = new MemoryDirectory()
    for (const [name, { current }] of this.#names) {
      const inode = new Inode()
      inode.durable = current
      inode.current = current
      copy.#names.set(name, inode)
    }
    copy.#durableNames = new Map(copy.#names)
    return copy
  }
}
