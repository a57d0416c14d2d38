// Runs the classes of Apache Kafka's jars with the JVM flags that its own start scripts give them.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from './processes.ts'

const libs = fileURLToPath(new URL('../.cache/kafka/libs/', import.meta.url))

/** KAFKA_JVM_PERFORMANCE_OPTS of kafka-run-class. */
const performanceFlags = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
]

/** kafka-server-start. */
export const brokerHeap = ['-Xmx1G', '-Xms1G']
/** kafka-producer-perf-test and its sisters. */
const perfToolHeap = ['-Xmx512M']

export function javaArguments(heap: readonly string[], mainClass: string, args: readonly string[]) {
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  return [...heap, ...performanceFlags, logging, '-cp', `${libs}*`, mainClass, ...args]
}

export function java(mainClass: string, args: readonly string[]): Promise<string> {
  return run('java', javaArguments(perfToolHeap, mainClass, args))
}

export function requireJars(): void {
  if (!existsSync(`${libs}kafka-tools-4.3.1.jar`)) {
    throw new Error('the jars of Apache Kafka are missing: npm run setup:java')
  }
}
