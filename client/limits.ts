// Bounds and times of the client, each with the reason for it.

const mebibyte = 1024 * 1024

/** An answer that takes longer is not waited for; what was asked may still happen. */
export const requestTimeoutMsDefault = 30_000

/** How long a record is tried to be delivered, and a read to be taken up again: Kafka's default. */
export const deliveryTimeoutMsDefault = 120_000

/** Pauses between tries. The first is short: most leaders move within some tens of milliseconds. */
export const backoffFirstMs = 20
export const backoffMaxMs = 1_000

/** Tries with the leader that an error named follow at once, but so many in a row only. */
export const hintsInARowMax = 3

/** A batch is sealed at this size: 1 MiB is the most that topics take unless they say otherwise. */
export const batchBytesDefault = 256 * 1024
export const batchBytesMax = mebibyte - 1024

/** What `send` may hold until it is acknowledged; then it makes its caller wait. */
export const bufferBytesDefault = 32 * mebibyte

/** Appends that go in one message of a stream. */
export const messageBytesMax = 2 * mebibyte

/** What a reader may have on its way to it, for each broker. */
export const flowControlWindowBytes = 4 * mebibyte

/** Bytes of records in one response of a read. */
export const responseBytesDefault = mebibyte

/** Topics' leaders are asked for anew after so long, in case that nothing else shows a change. */
export const topicsAgeMaxMs = 60_000
