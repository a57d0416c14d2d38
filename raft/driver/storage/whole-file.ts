// How a whole file comes into being: written beside its place, synced, renamed, and the directory
// synced. So a file under its own name is always whole, or was damaged later.

import type { RaftDirectory, RaftFile } from '../directory.ts'

export const temporarySuffix = '.tmp'
/**
 * What was found damaged is kept under this suffix for whoever wants to know what happened; nobody
 * reads it.
 */
export const damagedSuffix = '.damaged'

export async function createWhole(
  directory: RaftDirectory,
  name: string,
  write: (file: RaftFile) => Promise<void>,
): Promise<void> {
  await createAllWhole(directory, [name], write)
}

/** The same bytes in several files, in the time of one: after a crash each is new or as before. */
export async function createAllWhole(
  directory: RaftDirectory,
  names: readonly string[],
  write: (file: RaftFile) => Promise<void>,
): Promise<void> {
  const temporary = (name: string) => `${name}${temporarySuffix}`
  const written = names.map((name) => writeSynced(directory, temporary(name), write))
  // All must have ended before one that failed is dealt with.
  for (const result of await Promise.allSettled(written)) {
    if (result.status === 'rejected') throw result.reason
  }
  for (const name of names) await directory.rename(temporary(name), name)
  await directory.syncDirectory()
}

async function writeSynced(
  directory: RaftDirectory,
  temporary: string,
  write: (file: RaftFile) => Promise<void>,
): Promise<void> {
  const file = await directory.create(temporary)
  try {
    await write(file)
    await file.sync()
  } catch (error) {
    await file.close()
    // Without it a full disk would stay so; whether it goes or not, nobody reads it.
    await directory.remove(temporary).catch(() => undefined)
    throw error
  }
  await file.close()
}

/** The storage cannot be used by this voter: what it must never forget is gone. */
export class StorageDamagedError extends Error {
  override readonly name = 'StorageDamagedError'
}
