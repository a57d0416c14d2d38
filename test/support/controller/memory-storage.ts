// A MetadataStorage in memory that forgets as a disk may: what was not synced survives a crash in
// part, torn at random, and so do names whose directory was not synced. Each operation can be made
// to fail or to be the last before the crash. One random source decides all, so a run can be played
// again from its seed.

import type { MetadataFile, MetadataStorage } from '@samsa/controller/metadata-storage'

/** The disk is gone: every operation from the crash on. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

export type OperationKind =
  | 'list'
  | 'read'
  | 'create'
  | 'open'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number }

/**
 * How much of a write a disk keeps or loses as one. Smaller than real sectors, to tear more often.
 */
const sectorBytes = 16

class FileState {
  content: Buffer = Buffer.alloc(0)
  durable: Buffer = Buffer.alloc(0)
  pending: Change[] = []

  apply(change: Change): void {
    this.content = changed(this.content, change)
    this.pending.push(change)
  }

  sync(): void {
    this.durable = this.content
    this.pending = []
  }

  /** What a crash leaves: each change not synced whole, in part or not at all. */
  crash(random: () => number): void {
    let left = this.durable
    for (const change of this.pending) {
      if (change.kind === 'truncate') {
        if (random() < 0.5) left = changed(left, change)
        continue
      }
      for (let start = 0; start < change.bytes.length; start += sectorBytes) {
        if (random() < 0.5) continue
        const bytes = change.bytes.subarray(start, start + sectorBytes)
        left = changed(left, { kind: 'write', position: change.position + start, bytes })
      }
    }
    this.content = left
    this.durable = left
    this.pending = []
  }
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') return Buffer.from(content.subarray(0, change.size))
  const { position, bytes } = change
  const after = Buffer.alloc(Math.max(content.length, position + bytes.length))
  content.copy(after)
  bytes.copy(after, position)
  return after
}

type Names = Map<string, FileState>

export class MemoryStorage implements MetadataStorage {
  #names: Names = new Map()
  #durableNames: Names = new Map()
  /** Changes of names since the directory was synced. */
  #pendingNames: ((names: Names) => void)[] = []
  #crashed = false
  operations = 0
  /** Called before each operation; may throw to make it fail. */
  onOperation: (kind: OperationKind, name: string) => void = () => undefined
  /** Called after each operation has had its effect; may throw to make it fail all the same. */
  afterOperation: (kind: OperationKind, name: string) => void = () => undefined
  /** The operation, counted from 1, that is begun but whose end nobody sees. */
  crashAt = Number.POSITIVE_INFINITY
  /** What a crash keeps and loses. */
  random: () => number = Math.random

  /** The files as they are, for tests that look or do damage. */
  get files(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].map(([name, { content }]) => [name, content]))
  }

  get fileSizes(): Record<string, number> {
    return Object.fromEntries([...this.files].map(([name, bytes]) => [name, bytes.length]))
  }

  damage(name: string, change: (content: Buffer) => Buffer): void {
    const file = this.#file(name)
    file.content = change(Buffer.from(file.content))
    file.sync()
  }

  /** The process was killed: the disk's cache outlives it, and works again. */
  kill(): void {
    this.#crashed = false
    this.crashAt = Number.POSITIVE_INFINITY
    this.onOperation = () => undefined
    this.afterOperation = () => undefined
  }

  /** Power was lost: loses what a crash may lose, and works again. */
  crash(): void {
    this.#names = new Map(this.#durableNames)
    for (const change of this.#pendingNames) if (this.random() < 0.5) change(this.#names)
    this.#durableNames = new Map(this.#names)
    this.#pendingNames = []
    for (const file of this.#names.values()) file.crash(this.random)
    this.kill()
  }

  #file(name: string): FileState {
    const file = this.#names.get(name)
    if (file === undefined) throw new Error(`ENOENT: ${name}`)
    return file
  }

  /**
   * One operation: done whole, refused, or interrupted by the crash after it took effect in memory.
   */
  async #operation<T>(kind: OperationKind, name: string, effect: () => T): Promise<T> {
    await Promise.resolve()
    if (this.#crashed) throw new CrashError(`${kind} ${name} after the crash`)
    this.operations++
    this.onOperation(kind, name)
    if (this.operations >= this.crashAt) {
      this.#crashed = true
      // A sync that was begun promises nothing; anything else may have reached the disk's queue.
      if (kind !== 'sync' && kind !== 'syncDirectory') effect()
      throw new CrashError(`${kind} ${name}`)
    }
    const result = effect()
    this.afterOperation(kind, name)
    return result
  }

  #changeNames(change: (names: Names) => void): void {
    change(this.#names)
    this.#pendingNames.push(change)
  }

  list(): Promise<string[]> {
    return this.#operation('list', '', () => [...this.#names.keys()])
  }

  read(name: string): Promise<Buffer> {
    return this.#operation('read', name, () => Buffer.from(this.#file(name).content))
  }

  create(name: string): Promise<MetadataFile> {
    return this.#operation('create', name, () => {
      const file = new FileState()
      this.#changeNames((names) => names.set(name, file))
      return this.#handle(name, file)
    })
  }

  open(name: string): Promise<MetadataFile> {
    return this.#operation('open', name, () => this.#handle(name, this.#file(name)))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operation('rename', `${from} ${to}`, () => {
      const file = this.#file(from)
      this.#changeNames((names) => {
        names.delete(from)
        names.set(to, file)
      })
    })
  }

  remove(name: string): Promise<void> {
    return this.#operation('remove', name, () => this.#changeNames((names) => names.delete(name)))
  }

  syncDirectory(): Promise<void> {
    return this.#operation('syncDirectory', '', () => {
      this.#durableNames = new Map(this.#names)
      this.#pendingNames = []
    })
  }

  #handle(name: string, file: FileState): MetadataFile {
    return {
      write: (chunks, position) =>
        this.#operation('write', name, () => {
          file.apply({ kind: 'write', position, bytes: Buffer.concat(chunks) })
        }),
      truncate: (size) =>
        this.#operation('truncate', name, () => file.apply({ kind: 'truncate', size })),
      sync: () => this.#operation('sync', name, () => file.sync()),
      close: () => this.#operation('close', name, () => undefined),
    }
  }
}
