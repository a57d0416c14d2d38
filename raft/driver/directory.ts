// One flat directory of files, as the storage of a voter sees it. Nothing is durable before the
// sync that covers it: a file's bytes before the file's sync, a name's creation, renaming or
// removal before syncDirectory. A sync that failed says nothing about what the disk holds, and
// asking again would not either: whoever gets that error must stop.

export interface RaftFile {
  /** Writes the chunks one after the other from `position` on. */
  write(chunks: readonly Buffer[], position: number): Promise<void>
  /** At most `length` bytes from `position` on; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  truncate(size: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface RaftDirectory {
  /** The names of all files; makes the directory if there is none. */
  list(): Promise<string[]>
  read(name: string): Promise<Buffer>
  /** A new, empty file; replaces one of the same name. */
  create(name: string): Promise<RaftFile>
  open(name: string): Promise<RaftFile>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  syncDirectory(): Promise<void>
}
