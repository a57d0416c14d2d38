// Kafka's own perf tools, and what they print read back into numbers.

import { java } from './java.ts'

export interface ToolResult {
  recordsPerSecond?: number
  /** As the tool saw it. Under full load this is mostly the queue in the producer itself. */
  latencyMs?: { p50: number; p99: number }
}

export interface Load {
  port: number
  topic: string
  records: number
  recordBytes: number
}

export async function createTopic(
  port: number,
  topic: string,
  { partitions, replicas }: { partitions: number; replicas: number },
): Promise<void> {
  const copies = ['--replication-factor', String(replicas)]
  const inSync = ['--config', `min.insync.replicas=${Math.max(1, replicas - 1)}`]
  const size = ['--partitions', String(partitions), ...copies, ...inSync]
  const args = ['--bootstrap-server', bootstrap(port), '--create', '--topic', topic, ...size]
  await java('org.apache.kafka.tools.TopicCommand', args)
}

export async function produce({ port, topic, records, recordBytes }: Load): Promise<ToolResult> {
  const output = await java('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--record-size',
    String(recordBytes),
    '--throughput',
    '-1',
    '--bootstrap-server',
    bootstrap(port),
    '--command-property',
    'acks=all',
  ])
  return parseProduced(output, records)
}

export function parseProduced(output: string, records: number): ToolResult {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const match =
    /^(\d+) records sent, ([\d.]+) records\/sec .* (\d+) ms 50th, .* (\d+) ms 99th/.exec(last)
  if (match === null || Number(match[1]) !== records) {
    throw new Error(`the producer did not say that it sent ${records} records: ${last}`)
  }
  return {
    recordsPerSecond: Number(match[2]),
    latencyMs: { p50: Number(match[3]), p99: Number(match[4]) },
  }
}

export async function consume({ port, topic, records }: Load): Promise<ToolResult> {
  const output = await java('org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    bootstrap(port),
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--hide-header',
  ])
  return parseConsumed(output, records)
}

/**
 * The rate is of the time spent fetching: joining the group takes seconds that say nothing of it.
 */
export function parseConsumed(output: string, records: number): ToolResult {
  const line = output.split('\n').find((each) => each.split(', ').length === 10) ?? ''
  const fields = line.split(', ')
  const consumed = Number(fields[4])
  if (!(consumed >= records)) {
    throw new Error(`the consumer did not read ${records} records: ${output.slice(-500)}`)
  }
  return { recordsPerSecond: Number(fields[9]) }
}

/** One record at a time, from a producer through the broker to a consumer. */
export async function endToEnd({ port, topic, records, recordBytes }: Load): Promise<ToolResult> {
  const args = [bootstrap(port), topic, String(records), 'all', String(recordBytes)]
  const output = await java('org.apache.kafka.tools.EndToEndLatency', args)
  const match = /50th = (\d+), 99th = (\d+)/.exec(output)
  if (match === null) throw new Error(`no latencies in: ${output.slice(-500)}`)
  return { latencyMs: { p50: Number(match[1]), p99: Number(match[2]) } }
}

function bootstrap(port: number): string {
  return `127.0.0.1:${port}`
}
