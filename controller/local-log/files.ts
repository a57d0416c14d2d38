// The names of the metadata log's files, and how a whole file comes into being: written beside its
// place, synced, renamed, and the directory synced. So a file under its own name is always whole.

import type { MetadataFile, MetadataStorage } from '../metadata-storage.ts'

const temporarySuffix = '.tmp'
/**
 * How far the log was known to be durable, kept at a clean stop: it can be longer later, but not
 * shorter.
 */
export const logEndName = 'log-end'

const digits = 20

export function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(digits, '0')}.log`
}

export function snapshotName(offset: number, epoch: number): string {
  return `${String(offset).padStart(digits, '0')}-${String(epoch).padStart(10, '0')}.snapshot`
}

export interface Listing {
  /** Base offsets, ascending. */
  readonly segments: readonly number[]
  /** Ascending by offset. */
  readonly snapshots: readonly { readonly offset: number; readonly epoch: number }[]
  readonly hasLogEnd: boolean
  /** Left behind by a crash; of no use to anyone. */
  readonly unfinished: readonly string[]
}

export function listing(names: readonly string[]): Listing {
  const segments: number[] = []
  const snapshots: { offset: number; epoch: number }[] = []
  const unfinished: string[] = []
  for (const name of names) {
    const segment = /^(\d{20})\.log$/.exec(name)
    const snapshot = /^(\d{20})-(\d{10})\.snapshot$/.exec(name)
    if (segment !== null) segments.push(Number(segment[1]))
    else if (snapshot !== null) {
      snapshots.push({ offset: Number(snapshot[1]), epoch: Number(snapshot[2]) })
    } else if (name.endsWith(temporarySuffix)) unfinished.push(name)
  }
  segments.sort((a, b) => a - b)
  snapshots.sort((a, b) => a.offset - b.offset)
  return { segments, snapshots, unfinished, hasLogEnd: names.includes(logEndName) }
}

/** Makes a whole file of what `write` writes. A name that exists is replaced. */
export async function createWhole(
  storage: MetadataStorage,
  name: string,
  write: (file: MetadataFile) => Promise<void>,
): Promise<void> {
  const temporary = `${name}${temporarySuffix}`
  const file = await storage.create(temporary)
  try {
    await write(file)
    await file.sync()
  } catch (error) {
    await file.close()
    // Without it a full disk would stay so; whether it goes or not, nobody reads it.
    await storage.remove(temporary).catch(() => undefined)
    throw error
  }
  await file.close()
  await storage.rename(temporary, name)
  await storage.syncDirectory()
}
