// `npm run bench:compaction`: a topic of 10 million records over 100,000 keys on one node, produced
// while the policy is delete, then compacted: what cleaning costs in memory and in the produce
// latency of another topic, and whether exactly the last value of each key is left.
// Ends with 1 where a limit is broken. Options: --records N --keys N --port P --data-dir DIR.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { decodeRecords } from '@samsa/proto/record/records'
import { KafkaClient } from '../test/support/kafka-client.ts'
import { firstAnswer } from './first-answer.ts'
import { memory } from './process-stats.ts'
import { systems } from './systems.ts'

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000000' },
    keys: { type: 'string', default: '100000' },
    port: { type: 'string', default: '12000' },
    'data-dir': { type: 'string', default: 'bench/data' },
  },
})
const recordCount = Number(options.records)
const keyCount = Number(options.keys)
const port = Number(options.port)
const dir = join(options['data-dir'], 'compaction')

const memoryMbMax = 64
const latencyRatioMax = 2
const tombstoneEvery = 10
const batchRecords = 1000
const baselineMs = 20_000
const probePauseMs = 5
const deadlineMs = 300_000

async function main(): Promise<void> {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const paths = { port, dir, nodeFlags: [] }
  await systems.samsa.prepare(paths)
  const server = systems.samsa.start(paths)
  try {
    await firstAnswer(port, server.assertRuns)
    const bench = new CompactionBench(await KafkaClient.connect({ port }), server.pid)
    process.exitCode = (await bench.run()) ? 0 : 1
  } finally {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

class CompactionBench {
  readonly #client: KafkaClient
  readonly #pid: number
  /** Of each key the offset of its last record, and whether that is a tombstone. */
  readonly #last = new Map<string, { offset: number; isTombstone: boolean }>()

  constructor(client: KafkaClient, pid: number) {
    this.#client = client
    this.#pid = pid
  }

  async run(): Promise<boolean> {
    await this.#until(() => this.#isReady(), 'the node is not ready')
    await this.#createTopics()
    await this.#configure('4', '', { 'log.cleaner.backoff.ms': '1000' })
    await this.#fill()
    // Asks for the metrics as often as during the cleaning: that costs the node something, too.
    const before = await this.#probe(() => this.#isCleaned(Number.POSITIVE_INFINITY), baselineMs)
    const { residentMb } = memory(this.#pid)
    await this.#configure('2', 'compacted', {
      'cleanup.policy': 'compact',
      'delete.retention.ms': '1000',
    })
    const startedMs = performance.now()
    const during = await this.#probe(() => this.#isCleaned(1), deadlineMs)
    const cleanMs = performance.now() - startedMs
    console.log(`cleaned in ${(cleanMs / 1000).toFixed(1)} s`)
    await this.#until(() => this.#isCleaned(2), 'the log is not cleaned')
    const usedMb = during.peakMb - residentMb
    const ratio = during.p99Ms / before.p99Ms
    console.log(
      `produce p99: ${before.p99Ms.toFixed(2)} ms before, ${during.p99Ms.toFixed(2)} during`,
    )
    console.log(`memory: ${residentMb.toFixed(0)} MB before, at most ${usedMb.toFixed(1)} MB more`)
    const faults = await this.#faults()
    for (const fault of faults.slice(0, 10)) console.error(`fault: ${fault}`)
    return faults.length === 0 && usedMb <= memoryMbMax && ratio <= latencyRatioMax
  }

  async #createTopics(): Promise<void> {
    const topic = (name: string, configs: Record<string, string>) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })
    const segments = { 'segment.bytes': String(64 * 1024 * 1024), 'retention.ms': '-1' }
    const { topics } = await this.#client.send('createTopics', 4, {
      topics: [topic('compacted', segments), topic('probe', {})],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    for (const { name, errorCode } of topics) {
      if (errorCode !== 0) throw new Error(`${name} was not made: error ${errorCode}`)
    }
  }

  async #configure(type: string, name: string, configs: Record<string, string>): Promise<void> {
    const { responses } = await this.#client.send('incrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: Number(type),
          resourceName: name,
          configs: Object.entries(configs).map(([key, value]) => ({
            name: key,
            configOperation: 0,
            value,
          })),
        },
      ],
      validateOnly: false,
    })
    if (responses[0]?.errorCode !== 0) throw new Error(JSON.stringify(responses))
  }

  async #produce(topic: string, records: Buffer): Promise<number> {
    const { responses } = await this.#client.send('produce', 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    })
    const result = responses[0]?.partitionResponses[0]
    if (result?.errorCode !== 0) throw new Error(`produce failed: ${JSON.stringify(result)}`)
    return result.baseOffset
  }

  /** Keys in a fixed order that looks random; each tenth key is deleted in the last rounds. */
  async #fill(): Promise<void> {
    const startedMs = performance.now()
    const padding = 'x'.repeat(60)
    for (let first = 0; first < recordCount; first += batchRecords) {
      const records = []
      for (let index = first; index < Math.min(first + batchRecords, recordCount); index++) {
        const key = `key-${(index * 7919) % keyCount}`
        const isTombstone = index >= recordCount - keyCount && index % tombstoneEvery === 0
        this.#last.set(key, { offset: index, isTombstone })
        const value = isTombstone ? null : Buffer.from(`${index} ${padding}`)
        records.push({ key: Buffer.from(key), value, timestampMs: Date.now() })
      }
      await this.#produce('compacted', encodeBatch(records))
    }
    // What is in the active segment is not cleaned: it is filled up with one key of its own.
    await this.#rollOver()
    console.log(`produced in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  }

  async #rollOver(): Promise<void> {
    const value = Buffer.alloc(900_000, 120)
    for (let sent = 0; sent <= 64 * 1024 * 1024; sent += value.length) {
      const record = { key: Buffer.from('filler'), value, timestampMs: Date.now() }
      await this.#produce('compacted', encodeBatch([record]))
    }
  }

  /** One small batch after the other to another topic, until `isOver`. */
  async #probe(isOver: () => Promise<boolean>, limitMs: number) {
    const batch = encodeBatch([{ key: null, value: Buffer.alloc(1000), timestampMs: Date.now() }])
    const tookMs: number[] = []
    const startedMs = performance.now()
    let peakMb = 0
    let checkedMs = startedMs
    while (performance.now() - startedMs < limitMs) {
      const sentMs = performance.now()
      await this.#produce('probe', Buffer.from(batch))
      tookMs.push(performance.now() - sentMs)
      await delay(probePauseMs)
      if (performance.now() - checkedMs < 250) continue
      checkedMs = performance.now()
      peakMb = Math.max(peakMb, memory(this.#pid).residentMb)
      if (await isOver()) break
    }
    tookMs.sort((a, b) => a - b)
    return { p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN, peakMb }
  }

  async #isCleaned(times: number): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${port + 20_000}/metrics`)
    const count = /^samsa_log_cleaner_logs_total (\d+)/m.exec(await answer.text())?.[1]
    return Number(count ?? 0) >= times
  }

  async #isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${port + 20_000}/readyz`)).ok
  }

  async #until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
    const startedMs = performance.now()
    while (!(await holds())) {
      if (performance.now() - startedMs > deadlineMs) throw new Error(otherwise)
      await delay(200)
    }
  }

  /** Reads all of the topic and says what should not be, or is not, there. */
  async #faults(): Promise<string[]> {
    const faults: string[] = []
    const wanted = new Map([...this.#last].filter(([, { isTombstone }]) => !isTombstone))
    let found = 0
    for (let offset = 0; offset >= 0; ) {
      const records = await this.#fetch(offset)
      offset = -1
      for (const record of decodeRecords(records)) {
        offset = record.offset + 1
        const key = record.key?.toString() ?? ''
        if (key === 'filler') continue
        found++
        if (wanted.get(key)?.offset !== record.offset) faults.push(`${key} at ${record.offset}`)
      }
    }
    console.log(`${found} records are left, ${wanted.size} keys have a value`)
    if (found !== wanted.size) faults.push(`${found} records for ${wanted.size} keys`)
    return faults
  }

  async #fetch(offset: number): Promise<Buffer> {
    const { responses } = await this.#client.send('fetch', 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 22,
      isolationLevel: 0,
      topics: [
        {
          topic: 'compacted',
          partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 22 }],
        },
      ],
    })
    return responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  }
}

await main()
process.exit()
