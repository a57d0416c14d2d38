// Bounds on what record bytes may make us allocate, whatever they claim.

/**
 * Bytes that one batch may decompress to where the caller names no limit of its own. Text reaches a
 * tenth with gzip or zstd, so a batch of `message.max.bytes` (1 MiB by default) stays far below; a
 * bomb ends here.
 */
export const decompressedBytesMaxDefault = 128 * 1024 * 1024

/** Headers of one record. Each costs an object, and an empty one takes two bytes of input. */
export const recordHeadersMax = 100_000

/** A varint of 32 bits takes at most five bytes, one of 64 bits at most ten. */
export const varintBytesMax = 5
export const varlongBytesMax = 10
