// Where the log ended at a clean stop: one line of text with a checksum. A log that is not there
// any more by the next start was cut by someone else, which its own bytes could not tell from a
// write that a crash tore.

import { crc32 } from 'node:zlib'
import type { LogPosition } from '../../core/types.ts'
import type { RaftDirectory } from '../directory.ts'
import { createWhole } from './whole-file.ts'

export const logEndName = 'log-end'

export async function writeLogEnd(directory: RaftDirectory, last: LogPosition): Promise<void> {
  const text = `${last.index} ${last.term}`
  const line = Buffer.from(`${text} ${crc32(text)}\n`)
  await createWhole(directory, logEndName, (file) => file.write([line], 0))
}

/** Null when there is none, or none that can be trusted. */
export async function readLogEnd(
  directory: RaftDirectory,
  names: readonly string[],
): Promise<LogPosition | null> {
  if (!names.includes(logEndName)) return null
  const line = (await directory.read(logEndName)).toString('latin1')
  const match = /^(\d+) (\d+) (\d+)\n$/.exec(line)
  if (match === null) return null
  const [, index, term, checksum] = match
  const isIntact = crc32(`${index} ${term}`) === Number(checksum)
  return isIntact ? { index: Number(index), term: Number(term) } : null
}

/** Before anything is written behind it. */
export async function removeLogEnd(
  directory: RaftDirectory,
  names: readonly string[],
): Promise<void> {
  if (!names.includes(logEndName)) return
  await directory.remove(logEndName)
  await directory.syncDirectory()
}
