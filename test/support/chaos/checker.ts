// Judges the history of a run, in the manner of Jepsen's Kafka workload: what was lost, written
// twice, reordered, invented, read out of order, or took back what it had said.

import type { Anomaly } from './anomaly.ts'
import { checkGroups } from './check-groups.ts'
import { checkLog } from './check-log.ts'
import { checkProgress } from './check-progress.ts'
import { checkReads } from './check-reads.ts'
import { checkTransactions } from './check-transactions.ts'
import type { HistoryEvent } from './history.ts'

export function checkHistory(
  events: readonly HistoryEvent[],
  partitions: readonly number[],
): Anomaly[] {
  return [
    ...checkLog(events),
    ...checkReads(events),
    ...checkTransactions(events),
    ...checkGroups(events),
    ...checkProgress(events, partitions),
  ]
}
