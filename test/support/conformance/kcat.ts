// Produces and consumes by kcat (Debian's 1.7.1, librdkafka 2.0.2).

import { run } from './processes.ts'
import {
  decodeFrames,
  encodeForInput,
  fieldSeparator,
  type ReadRecord,
  recordSeparator,
  type SourceRecord,
} from './records.ts'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProduceOptions {
  bootstrap: string
  topic: string
  compression: Compression
  records: readonly SourceRecord[]
}

export async function produceWithKcat(options: ProduceOptions): Promise<void> {
  await run(
    'kcat',
    [
      '-P',
      '-b',
      options.bootstrap,
      '-t',
      options.topic,
      '-z',
      options.compression,
      '-K',
      fieldSeparator,
      '-D',
      recordSeparator,
      // In order even when the broker makes the client try a batch again.
      '-X',
      'enable.idempotence=true',
    ],
    { input: encodeForInput(options.records) },
  )
}

/** Reads a topic from its beginning to its end as of now. */
export async function readWithKcat(bootstrap: string, topic: string): Promise<ReadRecord[]> {
  const format = ['%p', '%o', '%k', '%s'].join(fieldSeparator) + recordSeparator
  const args = ['-C', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format]
  const { stdout } = await run('kcat', args)
  return decodeFrames(stdout)
}
