// What was written to a compacted topic of a real node, and whether what a consumer reads of it is
// what compaction may have left: for tests that kill the node.

import { lastOffset } from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { batchPositions } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { KafkaClient } from '../kafka-client.ts'
import { seededRandom } from './log-workload.ts'

const keyCount = 400
const recordsPerBatch = 50
const valueBytesMax = 1500
const tombstoneShare = 0.1

interface Written {
  readonly key: string
  /** null: a tombstone. */
  readonly value: string | null
}

export class CompactedHistory {
  readonly #random = seededRandom(11)
  /** By offset. */
  readonly #written: Written[] = []
  /** A batch that the node may have taken before it was killed. */
  #inDoubt: readonly Written[] = []

  /** Writes one batch; throws when the node goes meanwhile. */
  async append(client: KafkaClient, topic: string): Promise<void> {
    const records = Array.from({ length: recordsPerBatch }, () => this.#record())
    this.#inDoubt = records
    const batch = encodeBatch(
      records.map(({ key, value }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestampMs: Date.now(),
      })),
    )
    const { responses } = await client.send('produce', 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batch }] }],
    })
    const result = responses[0]?.partitionResponses[0]
    if (result?.errorCode !== 0 || result.baseOffset !== this.#written.length) {
      throw new Error(
        `unlike what was expected at ${this.#written.length}: ${JSON.stringify(result)}`,
      )
    }
    this.#written.push(...records)
    this.#inDoubt = []
  }

  #record(): Written {
    const key = `key-${Math.floor(this.#random() * keyCount)}`
    if (this.#random() < tombstoneShare) return { key, value: null }
    const text = `${this.#written.length} ${this.#random()} `
    return { key, value: text.padEnd(Math.floor(this.#random() * valueBytesMax), 'x') }
  }

  /** `cleanTo`: up to there each key must be there no more than once. */
  async faults(client: KafkaClient, topic: string, cleanTo = 0): Promise<string[]> {
    const found = await readAll(client, topic)
    await this.#settleDoubt(client, topic)
    const faults: string[] = []
    const once = new Set<string>()
    const last = new Map<string, number>()
    for (const { offset, key, value } of found) {
      const written = this.#written[offset]
      if (written?.key !== key || written.value !== value) faults.push(`${key} at ${offset}`)
      if (offset < cleanTo && once.has(key)) faults.push(`${key} is there again at ${offset}`)
      once.add(key)
      last.set(key, offset)
    }
    for (const [key, offset] of this.#lastOffsets()) {
      const isGone = last.get(key) === undefined && this.#written[offset]?.value === null
      if (!isGone && last.get(key) !== offset) {
        faults.push(`${key} was last written at ${offset}, found at ${last.get(key)}`)
      }
    }
    return faults
  }

  /** The end of the log tells whether the last batch is in it. */
  async #settleDoubt(client: KafkaClient, topic: string): Promise<void> {
    const end = await endOffset(client, topic)
    if (end === this.#written.length + this.#inDoubt.length) this.#written.push(...this.#inDoubt)
    this.#inDoubt = []
    if (end !== this.#written.length) {
      throw new Error(`the log ends at ${end}, acknowledged was ${this.#written.length}`)
    }
  }

  #lastOffsets(): Map<string, number> {
    return new Map(this.#written.map(({ key }, offset) => [key, offset]))
  }
}

async function endOffset(client: KafkaClient, topic: string): Promise<number> {
  const { topics } = await client.send('listOffsets', 1, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  return topics[0]?.partitions[0]?.offset ?? -1
}

interface Found extends Written {
  readonly offset: number
}

async function readAll(client: KafkaClient, topic: string): Promise<Found[]> {
  const found: Found[] = []
  const end = await endOffset(client, topic)
  for (let next = 0; next < end; ) {
    const { responses } = await client.send('fetch', 11, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolationLevel: 0,
      topics: [
        { topic, partitions: [{ partition: 0, fetchOffset: next, partitionMaxBytes: 1 << 20 }] },
      ],
    })
    const partition = responses[0]?.partitions[0]
    if (partition?.errorCode !== 0) throw new Error(`fetch failed: ${partition?.errorCode}`)
    const records = partition.records ?? Buffer.alloc(0)
    // A batch may be empty, whose offsets only its header tells.
    for (const at of batchPositions(records)) {
      for (const { offset, key, value } of batchRecords(records, at)) {
        if (offset < next) continue
        found.push({ offset, key: key?.toString() ?? '', value: value?.toString() ?? null })
      }
      next = lastOffset(records, at) + 1
    }
    if (records.length === 0) throw new Error(`nothing is read at offset ${next}`)
  }
  return found
}
