// Runs the `samsa` command against a broker: `samsa produce` and `samsa consume` as clients among
// others.

import type { Compression } from './kcat.ts'
import { type Finished, type RunOptions, run } from './processes.ts'
import {
  encodeForInput,
  fieldSeparator,
  type ReadRecord,
  recordSeparator,
  type SourceRecord,
} from './records.ts'
import { nodePath, samsaMain } from './samsa-server.ts'

export function samsa(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(nodePath, [samsaMain, ...args], options)
}

const separators = ['--key-separator', fieldSeparator, '--delimiter', recordSeparator]

export async function produceWithSamsa(
  bootstrap: string,
  topic: string,
  compression: Compression,
  records: readonly SourceRecord[],
): Promise<void> {
  const target = ['--bootstrap-server', bootstrap, '--topic', topic]
  await samsa(['produce', ...target, '--compression', compression, ...separators, '--quiet'], {
    input: encodeForInput(records),
  })
}

/** Reads a topic from its beginning to its end, as a member of a group where one is named. */
export async function readWithSamsa(
  bootstrap: string,
  topic: string,
  group?: string,
): Promise<ReadRecord[]> {
  const target = ['--bootstrap-server', bootstrap, '--topic', topic, '--quiet']
  const membership = group === undefined ? [] : ['--group', group]
  const extent = ['--from-beginning', '--until-end', '--show', 'partition,offset']
  const { stdout } = await samsa(['consume', ...target, ...membership, ...extent, ...separators])
  return decodeLines(stdout)
}

/** Partition, offset and key with value, set apart by tabs: the key holds none. */
function decodeLines(output: Buffer): ReadRecord[] {
  const records: ReadRecord[] = []
  let start = 0
  while (start < output.length) {
    const partitionEnd = output.indexOf('\t', start)
    const offsetEnd = output.indexOf('\t', partitionEnd + 1)
    const keyEnd = output.indexOf(fieldSeparator, offsetEnd + 1)
    const end = output.indexOf(recordSeparator, keyEnd + 1)
    if (partitionEnd < 0 || offsetEnd < 0 || keyEnd < 0 || end < 0) {
      throw new Error(`the record at byte ${start} has not all its fields`)
    }
    records.push({
      partition: Number(output.toString('latin1', start, partitionEnd)),
      offset: Number(output.toString('latin1', partitionEnd + 1, offsetEnd)),
      key: output.toString('utf8', offsetEnd + 1, keyEnd),
      value: output.subarray(keyEnd + 1, end),
    })
    start = end + 1
  }
  return records
}
