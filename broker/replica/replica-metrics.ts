// What replication counts. Plain numbers, read off when somebody asks for them: see
// broker/admin/replica-metrics.ts.

export class ReplicaMetrics {
  isrShrinks = 0
  isrExpands = 0
  /** AlterPartition requests that failed or were refused. */
  failedIsrUpdates = 0
  /** Record bytes sent to followers, and received from leaders. */
  replicationBytesOut = 0
  replicationBytesIn = 0
  /** Bytes at rest that were looked at for damage. */
  scrubbedBytes = 0
  /** Damaged batches: received from a leader, or found at rest, by a scrub or before being sent. */
  corruptReplicated = 0
  corruptAtRest = 0
  /** Damaged logs that were dropped and fetched again from their leader. */
  healedLogs = 0
  /** Logs that were cut because they went another way than the leader's. */
  truncations = 0
}
