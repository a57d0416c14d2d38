// MetadataStorage on a real directory. The only file of the controller that touches node:fs.

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MetadataFile, MetadataStorage } from './metadata-storage.ts'

class NodeFile implements MetadataFile {
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

export class NodeMetadataStorage implements MetadataStorage {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async list(): Promise<string[]> {
    const created = await mkdir(this.#directory, { recursive: true })
    if (created !== undefined) await syncDirectory(dirname(this.#directory))
    return readdir(this.#directory)
  }

  read(name: string): Promise<Buffer> {
    return readFile(join(this.#directory, name))
  }

  async create(name: string): Promise<MetadataFile> {
    return new NodeFile(await open(join(this.#directory, name), 'w'))
  }

  async open(name: string): Promise<MetadataFile> {
    return new NodeFile(await open(join(this.#directory, name), 'r+'))
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.#directory, from), join(this.#directory, to))
  }

  remove(name: string): Promise<void> {
    return rm(join(this.#directory, name), { force: true })
  }

  syncDirectory(): Promise<void> {
    return syncDirectory(this.#directory)
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
