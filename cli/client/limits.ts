// Bounds on what the client keeps, sends and waits for.

/**
 * A response larger than this is taken for bytes of another protocol. Kafka's own limits stay well
 * below.
 */
export const responseBytesMax = 256 * 1024 * 1024

export const connectTimeoutMs = 10_000

/**
 * First and longest pause between two tries of the same request; each pause is random within its
 * bound.
 */
export const backoffFirstMs = 50
export const backoffMaxMs = 1_000

/** What fails for longer is told to the user, and told again so often while it does. */
export const noticeAfterMs = 2_000
export const noticeIntervalMs = 10_000

/**
 * How long a topic may be unknown to a broker before it counts as missing: brokers learn of new
 * ones in turn.
 */
export const newTopicPatienceMs = 2_000

/**
 * Uncompressed bytes of records in one batch, below the broker's usual max.message.bytes of
 * 1,048,588.
 */
export const batchBytesMax = 768 * 1024
/** Records of one batch: bounds what a batch of empty records costs in memory. */
export const batchRecordsMax = 50_000
/** Records waiting for an answer, all partitions together; reading the input pauses above it. */
export const producerBytesMax = 32 * 1024 * 1024
/** How long a record waits for others to share its batch, when the input pauses. */
export const lingerMs = 20
/** Bytes of batches in one produce request. */
export const produceRequestBytesMax = 4 * 1024 * 1024

export const fetchBytesMax = 8 * 1024 * 1024
export const fetchPartitionBytesMax = 1024 * 1024
export const fetchWaitMs = 500
/** Decompressed bytes of one batch; larger ones are refused rather than held. */
export const decompressedBytesMax = 256 * 1024 * 1024
/** Fetched answers that wait for the output, over all brokers. */
export const fetchesQueuedMax = 2
/** Produce requests under way to one broker: one that it works on, one that waits in its socket. */
export const requestsInFlightMax = 2

/**
 * A member of a group that is silent for this long loses its partitions. Kafka's own default is 45
 * s.
 */
export const sessionTimeoutMs = 10_000
/** How often it speaks up: this is also how soon it learns of a rebalance. */
export const heartbeatIntervalMs = 1_000
/** How long a rebalance waits for a member to come back. */
export const rebalanceTimeoutMs = 30_000
/** How often a reading member commits. */
export const commitIntervalMs = 5_000

/** Partitions that one admin request names, and one answer describes. Kafka's own limit is 2,000. */
export const adminPartitionsMax = 2_000
/** Resources whose configs one request asks for. */
export const configResourcesMax = 500
