// The file system as the broker sees it: what logs, checkpoints and the metadata log are stored
// through. Tests put a fault-injecting one in memory behind the same interface. Nothing here blocks
// the event loop.

export interface DiskFile {
  /**
   * Reads up to `length` bytes at `position` into `buffer` from `start` on; fewer only at the end
   * of the file.
   */
  read(buffer: Buffer, start: number, length: number, position: number): Promise<number>
  /**
   * Writes all bytes of all buffers at `position`; on a rejection some of them may have been
   * written.
   */
  write(buffers: readonly Buffer[], position: number): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  /**
   * Forces the content to the device. After a rejection nobody knows what the device holds, and a
   * second call may lie (the kernel has dropped the dirty pages): never call it again.
   */
  sync(): Promise<void>
  close(): Promise<void>
}

/** `read` and `update` need the file to exist; `create` makes it where it does not. */
export type OpenMode = 'read' | 'update' | 'create'

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other'
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export interface DiskSpace {
  readonly totalBytes: number
  /** What an unprivileged process may still use. */
  readonly usableBytes: number
}

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>
  readFile(path: string): Promise<Buffer>
  /** Names only; in no order. */
  list(path: string): Promise<string[]>
  /** Null when there is nothing at the path. */
  status(path: string): Promise<FileStatus | null>
  /** Parents are made too; an existing directory is fine. */
  makeDirectory(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file, or a directory with all it holds; nothing at the path is fine. */
  remove(path: string): Promise<void>
  /** Forces a directory's entries (files made, renamed, removed) to the device. */
  syncDirectory(path: string): Promise<void>
  space(path: string): Promise<DiskSpace>
  /**
   * Keeps other processes off a directory until what this resolves with is called, or the process
   * ends. Rejects with a DirectoryLockedError where another holds it.
   */
  lock(path: string): Promise<() => Promise<void>>
}
