// The real input of the suites: the whole Debian package index of this machine, a record a stanza,
// keyed by the package's name.

import { run } from './processes.ts'
import { fieldSeparator, recordSeparator, type SourceRecord } from './records.ts'

/**
 * Reads `apt-cache dumpavail`. Package names are distinct in it, which makes every record tellable.
 */
export async function readPackageIndex(): Promise<SourceRecord[]> {
  const { stdout } = await run('apt-cache', ['dumpavail'])
  if (stdout.includes(fieldSeparator) || stdout.includes(recordSeparator)) {
    throw new Error('the package index holds a byte that the suites use as separator')
  }
  const records: SourceRecord[] = []
  const names = new Set<string>()
  let start = 0
  while (start < stdout.length) {
    const blank = stdout.indexOf('\n\n', start)
    const end = blank < 0 ? stdout.length : blank
    const value = stdout.subarray(start, end)
    start = end + 2
    const key = /^Package: (\S+)/m.exec(value.toString('utf8', 0, Math.min(value.length, 400)))?.[1]
    if (key === undefined) continue
    // Two versions of one package would share a key; the first is enough.
    if (names.has(key)) continue
    names.add(key)
    records.push({ key, value })
  }
  return records
}
