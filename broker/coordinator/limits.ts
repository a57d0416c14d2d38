// Bounds on what any coordinator holds for one partition of its topic.

/**
 * Records that go down in one append. One write larger than this goes down by itself and is refused
 * by the log when it exceeds max.message.bytes.
 */
export const appendBytesMax = 512 * 1024

/**
 * Writes that wait for the append in flight, by partition. Above it requests get
 * COORDINATOR_NOT_AVAILABLE.
 */
export const waitingWritesMax = 100_000
