// What a coordinator asks of the partitions that hold its state (`__consumer_offsets`,
// `__transaction_state`): write records durably, and read a partition from its start. The replica
// layer fills it; coordinators never see logs.

export interface KeyValueRecord {
  readonly key: Buffer
  /** null is a tombstone. */
  readonly value: Buffer | null
}

export interface PartitionWriter {
  /**
   * Appends the records as one batch with acks=all and resolves with the batch's last offset once
   * it is below the high watermark. Rejects with a BrokerError (NOT_LEADER_OR_FOLLOWER,
   * NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR…).
   */
  append(
    partition: number,
    records: readonly KeyValueRecord[],
    timestampMs: number,
  ): Promise<number>
  /**
   * Every record of the partition below its high watermark, in order, batch by batch (control
   * batches left out).
   */
  readAll(
    partition: number,
    onRecord: (record: KeyValueRecord, offset: number, timestampMs: number) => void,
    signal: AbortSignal,
  ): Promise<void>
}
