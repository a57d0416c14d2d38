// Reads everything that a partition holds, at the end: from its leader by fetches, and from the
// files of every node that has a copy, so that the copies can be held against each other.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterNode } from '../conformance/cluster-node.ts'
import type { ClusterView } from './cluster-view.ts'
import type { History, SeenRecord } from './history.ts'
import { LeaderLink } from './leader-link.ts'
import { fetchFrom, recordsOf } from './raw-poller.ts'

/** Without a record more; all of them are as many as half an hour makes. */
const patienceMs = 30_000

/**
 * Reads each partition from its leader up to its high watermark, and waits for that to reach what
 * was acknowledged: a new leader learns of it a moment after its election.
 */
export async function readLeaders(
  history: History,
  view: ClusterView,
  partitions: readonly number[],
): Promise<void> {
  const link = new LeaderLink(view, { answerMs: 5_000 })
  for (const partition of partitions) {
    const records: SeenRecord[] = []
    const acknowledged = acknowledgedEnd(history, partition)
    let deadlineMs = performance.now() + patienceMs
    let offset = 0
    let end = Number.POSITIVE_INFINITY
    while (offset < Math.max(end, acknowledged)) {
      if (performance.now() > deadlineMs) {
        // The checker says what is missing; a partition that cannot be read at all is told here.
        if (offset >= end) break
        throw new Error(`partition ${partition} is not readable from ${offset} on`)
      }
      try {
        const fetched = await link.ask(partition, (client, leader) =>
          fetchFrom(client, leader, { view, partition, offset }),
        )
        records.push(...fetched.records)
        if (fetched.nextOffset > offset) deadlineMs = performance.now() + patienceMs
        offset = fetched.nextOffset
        end = fetched.highWatermark
      } catch {
        await Promise.all([view.refresh(), delay(50)])
      }
    }
    history.add({ type: 'final', copy: 'the leader', partition, startOffset: 0, records })
  }
  await link.close()
}

function acknowledgedEnd(history: History, partition: number): number {
  return history.events.reduce(
    (end, event) =>
      event.type === 'acked' && event.partition === partition
        ? Math.max(end, event.offset + event.count)
        : end,
    0,
  )
}

/** Reads the copies of stopped nodes, of those that should have one. */
export function readFiles(
  history: History,
  nodes: readonly ClusterNode[],
  topic: string,
  replicas: ReadonlyMap<number, readonly number[]>,
): void {
  for (const node of nodes) {
    for (const [partition, ids] of replicas) {
      if (!ids.includes(node.id)) continue
      const dir = join(node.dataDir, `${topic}-${partition}`)
      const segments = readdirSync(dir)
        .filter((name) => name.endsWith('.log'))
        .sort()
      const copy = `node ${node.id}'s files`
      const records = segments.flatMap((name) => {
        try {
          return recordsOf(readFileSync(join(dir, name)), 0).records
        } catch (error) {
          const detail = `${copy}, ${name}: ${(error as Error).message}`
          history.add({ type: 'complaint', partition, detail })
          return []
        }
      })
      const startOffset = Number(segments[0]?.slice(0, -'.log'.length) ?? 0)
      history.add({ type: 'final', copy, partition, startOffset, records })
    }
  }
}
