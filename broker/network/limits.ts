// Bounds of the network layer: what one peer, or all of them together, may make this node hold.

const KiB = 1024
const MiB = 1024 * KiB

/** A connection's first receive chunk: 10,000 idle connections hold 40 MB. */
export const receiveBytesMin = 4 * KiB
/**
 * Receive chunks grow to this while reads fill them. Measured here (2 GB over loopback, November
 * 2026): 1 MiB reads cost 0.14 CPU-s per GB against 0.39 for Node's own 64 KiB reads; 4 MiB gained
 * nothing more.
 */
export const receiveBytesMax = MiB

/** Free chunks kept for reuse, all sizes together. */
export const pooledBytesMax = 24 * MiB

/** Requests of one connection that may be in the works at once; only Produce requests overlap. */
export const pipelinedRequestsMax = 8

/** Response bytes waiting in one connection's socket above which it is read no further. */
export const unsentBytesMax = 2 * MiB

/** How often connections are checked for idleness, as a part of `connections.max.idle.ms`. */
export const idleChecksPerTimeout = 10
export const idleCheckMaxMs = 10_000

/** A connection is not read for this long at most after a response, whatever its client owes. */
export const muteMaxMs = 30_000

/** New connections that wait because too many came: so long, and so many. */
export const heldConnectionMaxMs = 10_000
export const heldConnectionsMax = 1_000
/** Addresses whose rate of new connections is remembered. */
export const ratedAddressesMax = 10_000
