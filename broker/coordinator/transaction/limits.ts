// Bounds on what clients can make the transaction coordinator hold.

/** Transactional ids of one partition of `__transaction_state`. One costs about 0.5 KiB. */
export const transactionalIdsPerPartitionMax = 100_000

/** Partitions of one transaction: its record must fit a batch. */
export const partitionsPerTransactionMax = 20_000

/** Markers in one request to another broker. */
export const markersPerRequestMax = 5_000

/** Transactions in one request to a coordinator. */
export const joinsPerRequestMax = 1_000
