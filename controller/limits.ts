// Bounds of the controller: what one request may ask for and how much may be under way at once.

/** Records that one request may lead to, as in Kafka: about as many partitions. */
export const recordsPerRequestMax = 10_000

/**
 * Requests decided but not yet committed. A disk that commits 200 batches a second clears them in
 * seconds.
 */
export const requestsInFlightMax = 10_000
/** Their records: at 100 bytes a record, 20 MB. */
export const recordsInFlightMax = 200_000

/** Producer ids given to a broker at a time, as in Kafka. */
export const producerIdBlockSize = 1000
/** Ids are numbers here; Kafka's go to 2^63. */
export const producerIdMax = Number.MAX_SAFE_INTEGER

/**
 * A snapshot is due once the records after the last one take this much, or as much as that snapshot
 * if it is larger: start-up reads at most twice the state, and each record is written at most twice
 * more.
 */
export const snapshotAfterBytesMin = 256 * 1024

/** Elections of one round of rebalancing, as in Kafka: the next round follows at once. */
export const electionsPerRebalanceMax = 1000
