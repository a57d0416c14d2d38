// Runs the classes of Apache Kafka's jars (.cache/kafka/libs, see `npm run setup:java`).

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Finished, type RunOptions, run } from './processes.ts'
import { decodeFrames, fieldSeparator, type ReadRecord, recordSeparator } from './records.ts'
import { kafkaLibsDir, newestClientsDir } from './target.ts'

// Tools live for a second or two: the serial collector and the first compiler tier start fastest.
const toolFlags = ['-Xms16m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

export interface JavaOptions extends RunOptions {
  /** Which kafka-clients the tools run on: that of the reference release, or the newest. */
  clients?: 'reference' | 'newest'
  logLevel?: 'error' | 'warn' | 'info'
}

/** The arguments after `java` that run a main class of the jars. */
export function javaArguments(
  mainClass: string,
  args: readonly string[],
  options: Pick<JavaOptions, 'clients' | 'logLevel'> & { flags?: readonly string[] } = {},
): string[] {
  return [
    ...(options.flags ?? toolFlags),
    `-Dorg.slf4j.simpleLogger.defaultLogLevel=${options.logLevel ?? 'error'}`,
    '-cp',
    [...(options.clients === 'newest' ? [newestClientsDir] : []), kafkaLibsDir]
      .map((directory) => join(directory, '*'))
      .join(':'),
    mainClass,
    ...args,
  ]
}

/** Runs one of Kafka's tools to its end. */
export function java(
  mainClass: string,
  args: readonly string[],
  options: JavaOptions = {},
): Promise<Finished> {
  return run('java', javaArguments(mainClass, args, options), options)
}

export function javaIsSetUp(): boolean {
  return existsSync(join(kafkaLibsDir, 'kafka-tools-4.3.1.jar'))
}

/** Reads `count` records of a topic by the console consumer. */
export async function readWithJava(
  bootstrap: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const properties = [
    'print.partition=true',
    'print.offset=true',
    'print.key=true',
    `key.separator=${fieldSeparator}`,
    `line.separator=${recordSeparator}`,
  ]
  const { stdout } = await java('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    String(count),
    '--timeout-ms',
    '60000',
    ...properties.flatMap((property) => ['--formatter-property', property]),
  ])
  return decodeFrames(stdout)
}
