// Bounds on what callers of the storage API may have the broker hold or do.

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** A request without records: a name, or a list of partitions. */
export const plainRequestBytesMax = 256 * kibibyte

/** Partitions, topics or appends that one request may name. */
export const itemsMax = 10_000

/** Headers of one record, as in a batch. */
export const headersMax = 100_000

/** Protobuf's form of records takes up to this many times what a batch of them takes. */
export const recordsFormFactor = 4

/** Bytes of appends that one stream may have under way; then nothing more is read from it. */
export const streamAppendBytesMax = 4 * mebibyte

/** The same for all appends together. A request larger than that is let in alone. */
export const appendBytesMax = 64 * mebibyte

/** Readers at a time; more are refused with a retriable error. */
export const readersMax = 4096

/** Bytes of records in one response where the reader does not say, and the most that it may ask. */
export const responseBytesDefault = mebibyte
export const responseBytesMax = 16 * mebibyte

/**
 * What all readers' responses may hold together. Each gets its share, but no less than the least: a
 * reader that takes nothing holds two responses.
 */
export const responsesBytesMax = 64 * mebibyte
export const responseBytesMin = 16 * kibibyte

/** Topics in one page of DescribeTopics. */
export const pageSizeDefault = 1000

/** How long an append waits for the replicas where the caller does not say, and at most. */
export const appendTimeoutMsDefault = 30_000
export const appendTimeoutMsMax = 600_000

/** How long another broker has to answer what was asked on a caller's behalf. */
export const peerTimeoutMs = 5_000

/** Callers that watch the node's health. */
export const watchersMax = 1000
