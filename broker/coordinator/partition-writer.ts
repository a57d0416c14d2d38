// What a coordinator asks of the partitions that hold its state (`__consumer_offsets`,
// `__transaction_state`): write records durably, and read a partition from its start. The replica
// layer fills it; coordinators never see logs.

export interface KeyValueRecord {
  readonly key: Buffer
  /** null is a tombstone. */
  readonly value: Buffer | null
}

/** Records that count once their transaction is committed. */
export interface TransactionalBatch {
  readonly type: 'transactional'
  readonly producerId: number
  readonly producerEpoch: number
  /** What PartitionLog.guardFor gave before the transaction was looked up; null for an open one. */
  readonly guard: object | null
}

/** The end of a transaction in this partition: a control batch, without records of anybody. */
export interface MarkerBatch {
  readonly type: 'marker'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly isCommit: boolean
  readonly transactionVersion: number
}

/** Absent: records that count as soon as they are committed. */
export type BatchKind = TransactionalBatch | MarkerBatch

export interface RecordPlace {
  readonly offset: number
  readonly timestampMs: number
  /** Whose transaction the record is a part of; null outside of transactions. */
  readonly transactionOf: number | null
}

export interface RecordVisitor {
  onRecord(record: KeyValueRecord, place: RecordPlace): void
  /** The open transaction of the producer ends here. */
  onMarker?(producerId: number, isCommit: boolean): void
}

export interface AppendedAs {
  readonly timestampMs: number
  readonly kind?: BatchKind | undefined
  /**
   * Given: the append is refused with NOT_LEADER_OR_FOLLOWER unless this node leads in this epoch.
   * What was decided upon the state of one leadership must not be written by the next.
   */
  readonly leaderEpoch?: number | undefined
}

export interface PartitionWriter {
  /**
   * Appends the records as one batch with acks=all and resolves with the batch's last offset once
   * it is below the high watermark. Rejects with a BrokerError (NOT_LEADER_OR_FOLLOWER,
   * NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR…).
   */
  append(partition: number, records: readonly KeyValueRecord[], as: AppendedAs): Promise<number>
  /** Everything in the partition below its high watermark, in order, batch by batch. */
  readAll(partition: number, visitor: RecordVisitor, signal: AbortSignal): Promise<void>
}
