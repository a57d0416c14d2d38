// Bounds of the log layer. Tuned numbers say how they were found.

/** Descriptors that all logs together keep open; the ones longest unused are closed first. */
export const openFilesMax = 1000

/** Pages of index files kept in memory, 4 KiB each, for all logs together. */
export const indexPagesMax = 1024

/** Bytes of index entries that a log holds before it writes full pages of them to the file. */
export const indexTailBytesMax = 8192

/** Where readers left off, kept for each log: a reader that goes on needs no look-up. */
export const readHintsMax = 16

/** Bytes read at once by scans (recovery, time look-ups, producer replay). */
export const scanChunkBytes = 1024 * 1024

/**
 * Batches remembered for each producer (Kafka's number): what a client may have in flight and
 * resend.
 */
export const producerBatchesMax = 5

/**
 * Logs opened or recovered at the same time at start: enough to keep the thread pool's four threads
 * busy.
 */
export const openLogsAtOnce = 8

/** How old the answer of statfs may be while appends go on. */
export const spaceCheckIntervalMs = 1000

/** Kafka's bound on the length of a folder's name. */
export const directoryNameMax = 255

/** Relative offsets in indexes are signed 32-bit integers. */
export const relativeOffsetMax = 0x7fff_ffff
