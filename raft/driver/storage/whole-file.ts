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
  const temporary = `${name}${temporarySuffix}`
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
  await directory.rename(temporary, name)
  await directory.syncDirectory()
}

/** The storage cannot be used by this voter: what it must never forget is gone. */
export class StorageDamagedError extends Error {
  override readonly name = 'StorageDamagedError'
}
