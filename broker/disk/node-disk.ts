// The real disk, through Node's thread pool. Uses plain descriptors and callbacks on the paths that
// every append and read takes: a FileHandle costs more per call.

import * as fs from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { lockDirectory } from './directory-lock.ts'
import type { Disk, DiskFile, DiskSpace, FileStatus, OpenMode } from './disk.ts'
import { isNotFound } from './disk-errors.ts'

const openFlags = {
  read: fs.constants.O_RDONLY,
  update: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
} as const

/** Buffers given to one writev: the kernel's IOV_MAX. */
const writeBuffersMax = 1024

export const nodeDisk: Disk = {
  open,
  readFile: (path) => readFile(path),
  list: (path) => readdir(path),
  status,
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true })
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory,
  space,
  lock: lockDirectory,
}

async function open(path: string, mode: OpenMode): Promise<DiskFile> {
  const descriptor = await openDescriptor(path, openFlags[mode])
  return new NodeFile(descriptor)
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o644, (error, descriptor) => {
      if (error === null) resolve(descriptor)
      else reject(error)
    })
  })
}

async function status(path: string): Promise<FileStatus | null> {
  try {
    const found = await stat(path)
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
    return { kind, sizeBytes: found.size, modifiedMs: found.mtimeMs }
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = new NodeFile(await openDescriptor(path, fs.constants.O_RDONLY))
  try {
    await directory.syncAll()
  } finally {
    await directory.close()
  }
}

async function space(path: string): Promise<DiskSpace> {
  const found = await statfs(path)
  return { totalBytes: found.blocks * found.bsize, usableBytes: found.bavail * found.bsize }
}

class NodeFile implements DiskFile {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async read(buffer: Buffer, start: number, length: number, position: number): Promise<number> {
    let done = 0
    while (done < length) {
      const count = await this.#readOnce(buffer, start + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  #readOnce(buffer: Buffer, start: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#descriptor, buffer, start, length, position, (error, count) => {
        if (error === null) resolve(count)
        else reject(error)
      })
    })
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    let at = position
    for (let first = 0; first < buffers.length; first += writeBuffersMax) {
      const some =
        buffers.length <= writeBuffersMax ? buffers : buffers.slice(first, first + writeBuffersMax)
      at += await this.#writeAll(some, at)
    }
  }

  async #writeAll(buffers: readonly Buffer[], position: number): Promise<number> {
    let size = 0
    for (const buffer of buffers) size += buffer.length
    let done = await this.#writeOnce(buffers, position)
    // A short count is rare (a signal, a nearly full disk); what follows it tells which.
    while (done < size) done += await this.#writeOnce(withoutFirst(buffers, done), position + done)
    return size
  }

  #writeOnce(buffers: readonly Buffer[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, count: number): void => {
        if (error === null) resolve(count)
        else reject(error)
      }
      const only = buffers[0]
      if (buffers.length === 1 && only !== undefined) {
        fs.write(this.#descriptor, only, 0, only.length, position, settle)
      } else {
        fs.writev(this.#descriptor, buffers, position, settle)
      }
    })
  }

  truncate(sizeBytes: number): Promise<void> {
    return settled((done) => fs.ftruncate(this.#descriptor, sizeBytes, done))
  }

  sync(): Promise<void> {
    return settled((done) => fs.fdatasync(this.#descriptor, done))
  }

  /** With all metadata, which a directory needs. */
  syncAll(): Promise<void> {
    return settled((done) => fs.fsync(this.#descriptor, done))
  }

  close(): Promise<void> {
    return settled((done) => fs.close(this.#descriptor, done))
  }
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}

function withoutFirst(buffers: readonly Buffer[], bytes: number): Buffer[] {
  const rest: Buffer[] = []
  let skip = bytes
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(skip === 0 ? buffer : buffer.subarray(skip))
    skip = Math.max(0, skip - buffer.length)
  }
  return rest
}
