// RaftDirectory on a real directory. The only file of the package that touches node:fs.

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RaftDirectory, RaftFile } from './directory.ts'

class NodeFile implements RaftFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async write(chunks: readonly Buffer[], position: number): Promise<void> {
    let at = position
    let rest = chunks
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev([...rest], at)
      at += bytesWritten
      rest = afterBytes(rest, bytesWritten)
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const at = position + filled
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, at)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** What is left of the chunks once their first `written` bytes are dealt with. */
function afterBytes(chunks: readonly Buffer[], written: number): readonly Buffer[] {
  let skip = written
  for (const [index, chunk] of chunks.entries()) {
    if (skip < chunk.length) return [chunk.subarray(skip), ...chunks.slice(index + 1)]
    skip -= chunk.length
  }
  return []
}

export class NodeRaftDirectory implements RaftDirectory {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async list(): Promise<string[]> {
    const created = await mkdir(this.#path, { recursive: true })
    if (created !== undefined) await syncDirectory(dirname(this.#path))
    return readdir(this.#path)
  }

  read(name: string): Promise<Buffer> {
    return readFile(join(this.#path, name))
  }

  async create(name: string): Promise<RaftFile> {
    return new NodeFile(await open(join(this.#path, name), 'w+'))
  }

  async open(name: string): Promise<RaftFile> {
    return new NodeFile(await open(join(this.#path, name), 'r+'))
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.#path, from), join(this.#path, to))
  }

  remove(name: string): Promise<void> {
    return rm(join(this.#path, name), { force: true })
  }

  syncDirectory(): Promise<void> {
    return syncDirectory(this.#path)
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
