// The files of the metadata log as it sees them: one flat directory. Nothing is durable before the
// sync that covers it: a file's bytes before the file's sync, a name's creation, renaming or
// removal before syncDirectory.

export interface MetadataFile {
  /** Writes the chunks one after the other from `position` on. */
  write(chunks: readonly Buffer[], position: number): Promise<void>
  truncate(size: number): Promise<void>
  /** Once it has failed, what the file holds is unknown, and trying again would tell nothing. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface MetadataStorage {
  /** The names of all files; makes the directory if there is none. */
  list(): Promise<string[]>
  read(name: string): Promise<Buffer>
  /** A new, empty file; replaces one of the same name. */
  create(name: string): Promise<MetadataFile>
  open(name: string): Promise<MetadataFile>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  syncDirectory(): Promise<void>
}
