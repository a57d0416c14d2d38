// Readers with isolation read_committed: what a fetch gives, with aborted records taken out as
// clients do it, and a whole partition read to its end.

import { setTimeout as delay } from 'node:timers/promises'
import { errorByCode } from '@samsa/proto/kafka/errors'
import * as batches from '@samsa/proto/record/batch'
import { batchPositions, checkCrc } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView, Leader } from './cluster-view.ts'
import type { SeenRecord } from './history.ts'
import { LeaderLink } from './leader-link.ts'
import { fetchPartition, readCommitted } from './partition-fetch.ts'

const retryMs = 50

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** What of a record goes into the history. */
export type Shown = (record: {
  readonly key: Buffer | null
  readonly value: Buffer | null
}) => string

const keyOf: Shown = ({ key }) => String(key)

export interface Committed {
  /** By offset, and what was asked to be shown. */
  readonly records: readonly SeenRecord[]
  readonly nextOffset: number
  readonly lastStableOffset: number
  readonly highWatermark: number
}

/** What a reader is shown of one answer. */
export function visibleRecords(
  bytes: Buffer | null,
  abortedTransactions: readonly AbortedTransaction[],
  { offset, shown = keyOf }: { readonly offset: number; readonly shown?: Shown | undefined },
): Pick<Committed, 'records' | 'nextOffset'> {
  const buffer = bytes ?? Buffer.alloc(0)
  const aborted = [...abortedTransactions]
  const aborting = new Set<number>()
  const records: SeenRecord[] = []
  let nextOffset = offset
  for (const position of batchPositions(buffer)) {
    checkCrc(buffer, position)
    nextOffset = batches.nextOffset(buffer, position)
    const producer = batches.producerId(buffer, position)
    while ((aborted[0]?.firstOffset ?? Number.MAX_SAFE_INTEGER) < nextOffset) {
      aborting.add(aborted.shift()?.producerId ?? -1)
    }
    if (batches.isControl(buffer, position)) {
      aborting.delete(producer)
      continue
    }
    if (batches.isTransactional(buffer, position) && aborting.has(producer)) continue
    for (const record of batchRecords(buffer, position)) {
      if (record.offset >= offset) records.push([record.offset, shown(record)])
    }
  }
  return { records, nextOffset }
}

export interface CommittedFetch {
  readonly view: ClusterView
  readonly partition: number
  readonly offset: number
  readonly maxWaitMs: number
  readonly shown?: Shown | undefined
}

/** One fetch. Throws where the client would ask again. */
export async function fetchCommitted(
  client: KafkaClient,
  leader: Leader,
  { view, partition, offset, maxWaitMs, shown }: CommittedFetch,
): Promise<Committed> {
  const asked = { view, partition, offset, maxWaitMs, isolationLevel: readCommitted }
  const result = await fetchPartition(client, leader, asked)
  if (result.errorCode !== 0) throw new Error(errorByCode(result.errorCode).name)
  const { records, abortedTransactions, lastStableOffset, highWatermark } = result
  const visible = visibleRecords(records, abortedTransactions ?? [], { offset, shown })
  return { ...visible, lastStableOffset, highWatermark }
}

/**
 * Everything committed in a partition that nobody writes to any more. Throws where its last stable
 * offset does not reach the high watermark in time: a transaction hangs.
 */
export async function readAllCommitted(
  view: ClusterView,
  partition: number,
  { patienceMs = 60_000, shown }: { patienceMs?: number; shown?: Shown } = {},
): Promise<readonly SeenRecord[]> {
  const link = new LeaderLink(view, { answerMs: 5_000 })
  const deadlineMs = performance.now() + patienceMs
  const records: SeenRecord[] = []
  let offset = 0
  let state = 'was not reached'
  try {
    for (;;) {
      try {
        const found = await link.ask(partition, (client, leader) =>
          fetchCommitted(client, leader, { view, partition, offset, maxWaitMs: 0, shown }),
        )
        records.push(...found.records)
        offset = found.nextOffset
        if (offset >= found.highWatermark) return records
        state = `is read up to ${offset}, stable up to ${found.lastStableOffset} of ${found.highWatermark}`
        if (offset < found.lastStableOffset) continue
      } catch (error) {
        state = (error as Error).message
        await view.refresh()
      }
      if (performance.now() > deadlineMs) throw new HangingError(`partition ${partition} ${state}`)
      await delay(retryMs)
    }
  } finally {
    await link.close()
  }
}

export class HangingError extends Error {}
