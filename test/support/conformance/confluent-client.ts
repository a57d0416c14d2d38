// Runs the confluent-kafka (librdkafka) scripts in python/, see `npm run setup:clients`.

import { join } from 'node:path'
import { type Finished, type RunOptions, run } from './processes.ts'
import { decodeFrames, type ReadRecord } from './records.ts'
import { pythonPath, pythonScriptsDir } from './target.ts'

export function python(
  script: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return run(pythonPath, [join(pythonScriptsDir, script), ...args], options)
}

/** Reads `count` records of a topic in a consumer group of its own. */
export async function readWithConfluent(
  bootstrap: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const group = `confluent-${topic}`
  const { stdout } = await python('read.py', [bootstrap, topic, group, String(count)])
  return decodeFrames(stdout)
}
