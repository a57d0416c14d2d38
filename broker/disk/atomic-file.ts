// Small files that are replaced whole: a reader, or a start after a crash, finds the old content or
// the new, never a mix.

import { dirname } from 'node:path'
import type { Disk } from './disk.ts'
import { isNotFound } from './disk-errors.ts'

/** Name of the new content until it takes the place of the old, as Kafka names it. */
export const temporarySuffix = '.tmp'

/**
 * Replaces a file's content. `durable`: survives power loss once this resolves, which costs two
 * syncs. Without it power loss may leave the old content, or a file without content: for what can
 * be rebuilt.
 */
export async function replaceFile(
  disk: Disk,
  path: string,
  content: Buffer,
  durability: 'durable' | 'rebuildable',
): Promise<void> {
  const temporary = path + temporarySuffix
  const file = await disk.open(temporary, 'create')
  try {
    await file.truncate(0)
    await file.write([content], 0)
    if (durability === 'durable') await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, path)
  if (durability === 'durable') await disk.syncDirectory(dirname(path))
}

export async function readFileIfExists(disk: Disk, path: string): Promise<Buffer | null> {
  try {
    return await disk.readFile(path)
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}
