// Records as the foreign clients read them, the frames in which external programs hand them over,
// and the check that a topic holds a given list of records: each once, in order, byte for byte.

export interface SourceRecord {
  key: string
  value: Buffer
}

export interface ReadRecord {
  partition: number
  offset: number
  key: string
  value: Buffer
}

// A record leaves kcat, Python or Java as partition, offset, key, value with 0x1f between and 0x1e
// after. The data of the suites holds neither byte; package-index.ts checks it.
export const fieldSeparator = '\x1f'
export const recordSeparator = '\x1e'

/** Records as kcat reads them from standard input with `-K 0x1f -D 0x1e`. */
export function encodeForInput(records: readonly SourceRecord[]): Buffer {
  const parts: Buffer[] = []
  const field = Buffer.from(fieldSeparator)
  const end = Buffer.from(recordSeparator)
  for (const { key, value } of records) parts.push(Buffer.from(key), field, value, end)
  return Buffer.concat(parts)
}

/**
 * Parses the frames of an external reader; Java writes `Partition:` and `Offset:` before the
 * numbers.
 */
export function decodeFrames(output: Buffer): ReadRecord[] {
  const records: ReadRecord[] = []
  let start = 0
  while (start < output.length) {
    const end = output.indexOf(recordSeparator, start)
    if (end < 0) throw new Error(`the frame at byte ${start} has no end`)
    records.push(decodeFrame(output.subarray(start, end)))
    start = end + 1
  }
  return records
}

function decodeFrame(frame: Buffer): ReadRecord {
  const partitionEnd = frame.indexOf(fieldSeparator)
  const offsetEnd = frame.indexOf(fieldSeparator, partitionEnd + 1)
  const keyEnd = frame.indexOf(fieldSeparator, offsetEnd + 1)
  if (partitionEnd < 0 || offsetEnd < 0 || keyEnd < 0) {
    throw new Error(`not a frame of four fields: ${frame.toString().slice(0, 200)}`)
  }
  return {
    partition: numberField(frame.toString('latin1', 0, partitionEnd)),
    offset: numberField(frame.toString('latin1', partitionEnd + 1, offsetEnd)),
    key: frame.toString('utf8', offsetEnd + 1, keyEnd),
    value: frame.subarray(keyEnd + 1),
  }
}

function numberField(text: string): number {
  const value = Number(text.slice(text.indexOf(':') + 1))
  if (!Number.isInteger(value)) throw new Error(`'${text}' is not a number`)
  return value
}

/**
 * Throws unless `read` is `expected`: every record once, its value byte for byte, and within each
 * partition at rising offsets in the order in which it was produced.
 */
export function assertSameRecords(
  expected: readonly SourceRecord[],
  read: readonly ReadRecord[],
): void {
  const indexByKey = new Map(expected.map(({ key }, index) => [key, index]))
  if (indexByKey.size !== expected.length) throw new Error('the expected keys are not distinct')
  const lastByPartition = new Map<number, { index: number; offset: number }>()
  const seen = new Set<number>()
  for (const record of read) {
    const where = `${record.partition}@${record.offset} key '${record.key}'`
    const index = indexByKey.get(record.key)
    const source = index === undefined ? undefined : expected[index]
    if (index === undefined || source === undefined) throw new Error(`${where} was never produced`)
    if (seen.has(index)) throw new Error(`${where} was read twice`)
    if (!source.value.equals(record.value)) {
      throw new Error(`${where} holds other bytes: ${record.value.toString()}`)
    }
    const last = lastByPartition.get(record.partition)
    if (last !== undefined && record.offset <= last.offset) {
      throw new Error(`${where} was read after offset ${last.offset}`)
    }
    if (last !== undefined && index <= last.index) {
      throw new Error(`${where} is out of order: '${expected[last.index]?.key}' came before it`)
    }
    seen.add(index)
    lastByPartition.set(record.partition, { index, offset: record.offset })
  }
  if (seen.size !== expected.length) {
    throw new Error(`read ${seen.size} of ${expected.length} records`)
  }
}
