// Finishes what the cleaner was about when the node died: a log file called .swap takes the place
// of the segments whose offsets it covers; what is called .cleaned was not finished and goes.

import { join } from 'node:path'
import { cleanedSuffix, fileSuffix, parseOffsetFileName, swapSuffix } from '../file-names.ts'
import { LogFile, type OpenFiles } from '../open-files.ts'
import { scanBatches } from '../segment-scan.ts'

const indexSuffixes = [fileSuffix.offsetIndex, fileSuffix.timeIndex, fileSuffix.transactionIndex]

/** Returns the names that are in the folder then. */
export async function recoverSwaps(
  files: OpenFiles,
  directory: string,
  names: readonly string[],
): Promise<string[]> {
  const left = new Set(names)
  const recovery = new SwapRecovery(files, directory, left)
  for (const name of names) if (name.endsWith(cleanedSuffix)) await recovery.remove(name)
  const swaps = names.filter((name) => name.endsWith(fileSuffix.log + swapSuffix))
  for (const name of swaps.sort()) await recovery.finish(name)
  // The log file has its name already, so that these were to follow; or it never got that far.
  for (const name of left) if (name.endsWith(swapSuffix)) await recovery.remove(name)
  return [...left]
}

class SwapRecovery {
  readonly #files: OpenFiles
  readonly #directory: string
  readonly #names: Set<string>

  constructor(files: OpenFiles, directory: string, names: Set<string>) {
    this.#files = files
    this.#directory = directory
    this.#names = names
  }

  async finish(logSwap: string): Promise<void> {
    const logName = logSwap.slice(0, -swapSuffix.length)
    const base = parseOffsetFileName(logName)?.offset
    if (base === undefined) return
    const end = await this.#endOf(logSwap, base)
    for (const name of [...this.#names].sort()) {
      const parsed = parseOffsetFileName(name)
      if (parsed === null || parsed.suffix !== fileSuffix.log) continue
      if (parsed.offset >= base && parsed.offset < Math.max(end, base + 1)) {
        await this.#removeSegment(name)
      }
    }
    for (const suffix of [...indexSuffixes, fileSuffix.log]) {
      const swapped = logName.slice(0, -fileSuffix.log.length) + suffix + swapSuffix
      if (this.#names.has(swapped)) await this.#rename(swapped)
    }
    await this.#files.disk.syncDirectory(this.#directory)
  }

  /** As they are taken away in a swap: the log file last. */
  async #removeSegment(logName: string): Promise<void> {
    const stem = logName.slice(0, -fileSuffix.log.length)
    for (const suffix of [...indexSuffixes, fileSuffix.log]) await this.remove(stem + suffix)
    // Before files of these names are new ones.
    await this.#files.disk.syncDirectory(this.#directory)
  }

  /** Where the segments end that it is made from: where its own last batch does. */
  async #endOf(name: string, base: number): Promise<number> {
    const file = new LogFile(this.#files, join(this.#directory, name))
    try {
      const scan = await scanBatches({
        file,
        from: 0,
        to: await file.sizeBytes(),
        nextOffset: base,
        checkCrc: false,
        onBatch: () => undefined,
      })
      return scan.nextOffset
    } finally {
      await file.close()
    }
  }

  async #rename(swapped: string): Promise<void> {
    const name = swapped.slice(0, -swapSuffix.length)
    await this.#files.disk.rename(join(this.#directory, swapped), join(this.#directory, name))
    this.#names.delete(swapped)
    this.#names.add(name)
  }

  async remove(name: string): Promise<void> {
    if (!this.#names.delete(name)) return
    await this.#files.disk.remove(join(this.#directory, name))
  }
}
