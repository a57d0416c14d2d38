// Kafka's DumpLogSegments over a data directory: every log, index, time index, transaction index
// and producer snapshot in it, and what the tool has to complain about.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { java } from './java.ts'

export interface Dump {
  /** Lines in which the tool reports damage, by file; empty for sound files. */
  complaints: string[]
  /** Number of records in the `.log` files. */
  records: number
  output: string
}

export interface DumpOptions {
  indexSanityCheck?: boolean
  offsetsDecoder?: boolean
  /** Shows keys and values, too: as text. */
  printData?: boolean
}

const mainClass = 'org.apache.kafka.tools.DumpLogSegments'

// What DumpLogSegments says of files it finds fault with; lines of records (which begin with a bar
// and may hold any text in their payload) are not searched.
const complaint =
  /mismatch|out of order|not found in log|invalid|corrupt|exception|unknown|could not|fail|isvalid: false|^ +\d+ is followed by/i
// The tool (4.3.1) counts from -1 and so calls every segment but the first of a log
// non-consecutive; the line that tells after which offset shows whether anything is amiss.

/** Files with one of these endings in the directories of the topics that `wanted` picks. */
export function logFiles(
  dataDir: string,
  wanted: (topic: string) => boolean,
  endings: readonly string[],
): string[] {
  const files: string[] = []
  for (const directory of readdirSync(dataDir)) {
    const topic = /^(.+)-\d+$/.exec(directory)?.[1]
    if (topic === undefined || !wanted(topic)) continue
    for (const file of readdirSync(join(dataDir, directory))) {
      if (endings.some((ending) => file.endsWith(ending))) {
        files.push(join(dataDir, directory, file))
      }
    }
  }
  return files
}

export async function dumpLogSegments(
  files: readonly string[],
  options: DumpOptions = {},
): Promise<Dump> {
  const flags = [
    ...(options.indexSanityCheck === true ? ['--index-sanity-check'] : ['--deep-iteration']),
    ...(options.offsetsDecoder === true ? ['--offsets-decoder'] : []),
    ...(options.printData === true ? ['--print-data-log'] : []),
  ]
  const dumped = await java(mainClass, [...flags, '--files', files.join(',')], {
    allowFailure: true,
    timeoutMs: 300_000,
  })
  const output = dumped.text
  const complaints: string[] = dumped.code === 0 ? [] : [`the tool ended with ${dumped.code}`]
  let records = 0
  for (const line of output.split('\n')) {
    if (line.startsWith('|')) records++
    else if (complaint.test(line)) complaints.push(line)
  }
  return { complaints, records, output }
}

/** Sizes by file, for checks that a directory holds more than empty files. */
export function totalSize(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0)
}
