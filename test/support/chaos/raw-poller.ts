// Consumers without a group that read every partition from its beginning and tell each record they
// saw: each partition by one chain of fetches, with the leader epochs that Kafka's clients send.

import { setTimeout as delay } from 'node:timers/promises'
import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import * as batches from '@samsa/proto/record/batch'
import { batchPositions, checkCrc } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView, Leader } from './cluster-view.ts'
import type { History, SeenRecord } from './history.ts'
import { LeaderLink } from './leader-link.ts'
import { fetchPartition, readUncommitted } from './partition-fetch.ts'

const maxWaitMs = 250
const answerMs = 2_000
const retryMs = 50

export interface RawPollerOptions {
  readonly name: string
  readonly partitions: readonly number[]
}

export class RawPoller {
  readonly #history: History
  readonly #view: ClusterView
  readonly #options: RawPollerOptions
  #isStopping = false
  #loops: Promise<void>[] = []

  constructor(history: History, view: ClusterView, options: RawPollerOptions) {
    this.#history = history
    this.#view = view
    this.#options = options
  }

  start(): void {
    this.#loops = this.#options.partitions.map((partition) => this.#poll(partition))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #poll(partition: number): Promise<void> {
    const link = new LeaderLink(this.#view, { answerMs })
    const { name: consumer } = this.#options
    let position = 0
    while (!this.#isStopping) {
      try {
        const fetched = await link.ask(partition, (client, leader) =>
          fetchFrom(client, leader, { view: this.#view, partition, offset: position }),
        )
        const wanted = fetched.records.filter(([offset]) => offset >= position)
        if (wanted.length > 0) {
          this.#history.add({ type: 'polled', consumer, partition, assignment: 0, records: wanted })
        }
        position = Math.max(position, fetched.nextOffset)
      } catch (error) {
        if (error instanceof Complaint) {
          const detail = `${consumer} at offset ${position}: ${error.message}`
          this.#history.add({ type: 'complaint', partition, detail })
          // Told once: asking again the same would fill the history.
          break
        }
        await Promise.all([this.#view.refresh(), delay(retryMs)])
      }
    }
    await link.close()
  }
}

/** An answer that is wrong whatever happens to the nodes. */
class Complaint extends Error {}

export interface FetchTarget {
  readonly view: ClusterView
  readonly partition: number
  readonly offset: number
}

export interface Fetched {
  readonly records: readonly SeenRecord[]
  readonly nextOffset: number
  readonly highWatermark: number
}

/** One fetch. Throws where the client would ask again; a Complaint where it may not come to this. */
export async function fetchFrom(
  client: KafkaClient,
  leader: Leader,
  { view, partition, offset }: FetchTarget,
): Promise<Fetched> {
  const asked = { view, partition, offset, maxWaitMs, isolationLevel: readUncommitted }
  const result = await fetchPartition(client, leader, asked)
  if (result.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
    throw new Complaint('OFFSET_OUT_OF_RANGE: what was read is no longer there')
  }
  if (result.errorCode !== 0) throw new Error(errorByCode(result.errorCode).name)
  return { ...recordsOf(result.records, offset), highWatermark: result.highWatermark }
}

/** The records of whole batches from `offset` on, and where the next fetch begins. */
export function recordsOf(
  bytes: Buffer | null,
  offset: number,
): { records: SeenRecord[]; nextOffset: number } {
  const records: SeenRecord[] = []
  let nextOffset = offset
  const buffer = bytes ?? Buffer.alloc(0)
  for (const position of batchPositions(buffer)) {
    try {
      checkCrc(buffer, position)
    } catch (error) {
      throw new Complaint(`the batch at ${batches.baseOffset(buffer, position)}: ${String(error)}`)
    }
    nextOffset = batches.nextOffset(buffer, position)
    if (batches.isControl(buffer, position)) continue
    for (const record of batchRecords(buffer, position)) {
      if (record.offset >= offset) records.push([record.offset, String(record.key)])
    }
  }
  return { records, nextOffset }
}
