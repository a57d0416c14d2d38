// Bounds on what one message may make the decoder allocate, whatever its bytes claim.

/**
 * Array elements and tagged fields in one message, all arrays together. An element of two bytes
 * can become an object of 100, so a length that fits the frame is no bound by itself. 40,000
 * topics of 20 partitions still fit.
 */
export const messageElementsMax = 1_000_000

/**
 * Of a string in a request, as in Kafka: what is longer could not be said in an answer of a version
 * whose strings have lengths of 16 bits.
 */
export const textBytesMax = 0x7fff

/** Bytes of a varint that holds 32 bits, and of one that holds 64. */
export const varintBytesMax = 5
export const varlongBytesMax = 10
