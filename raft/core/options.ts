// The numbers a voter works with. Times in its own clock's milliseconds; every queue and message
// has a bound here.

import { assert } from './assert.ts'

export interface RaftOptions {
  /** How often a leader is heard of when there is nothing to say. */
  readonly heartbeatMs: number
  /**
   * A voter that hears nothing for a random time between these two stands for election. The lower
   * one is the lease: for so long after hearing from a leader it grants no vote, and a leader that
   * hears no quorum for so long steps down.
   */
  readonly electionTimeoutMinMs: number
  readonly electionTimeoutMaxMs: number
  /**
   * A follower that is told that its leader is down stands within so long at random, and about as
   * often as that until there is another: others may be told a little later.
   */
  readonly peerDownDelayMaxMs: number
  /** Payload of one append; a single larger entry still goes, alone. */
  readonly appendBytesMax: number
  /** Appends under way to one follower. */
  readonly inflightAppendsMax: number
  readonly inflightBytesMax: number
  /** A larger entry is refused. */
  readonly entryBytesMax: number
  /** Proposed and not committed; a proposal past it is refused, unless it is the only one. */
  readonly uncommittedBytesMax: number
  /** Reads that wait for a quorum. */
  readonly pendingReadsMax: number
  /** How far behind the commit index a new voter may be. */
  readonly promotionLagEntriesMax: number
  /** Entries kept behind a snapshot, so that a follower a little behind needs no snapshot. */
  readonly trailingEntries: number
  readonly snapshotChunkBytes: number
  /** A chunk without an answer is sent again after so long. */
  readonly snapshotRetryMs: number
}

/**
 * A new leader within 900 ms at p99 of a leader whose machine is gone; sooner where it can be seen
 * that its process is. With shorter timeouts a leader that had to wait for a core lost its office
 * (2 cores, 8 busy processes, 2026-11-21). Sizes by the memory aim of a node.
 */
export const defaultRaftOptions: RaftOptions = {
  heartbeatMs: 80,
  electionTimeoutMinMs: 400,
  electionTimeoutMaxMs: 800,
  peerDownDelayMaxMs: 80,
  appendBytesMax: 512 * 1024,
  inflightAppendsMax: 128,
  inflightBytesMax: 4 * 1024 * 1024,
  entryBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 32 * 1024 * 1024,
  pendingReadsMax: 10_000,
  promotionLagEntriesMax: 1_000,
  trailingEntries: 1_000,
  snapshotChunkBytes: 256 * 1024,
  snapshotRetryMs: 300,
}

export function checkOptions(options: RaftOptions): void {
  const { heartbeatMs, electionTimeoutMinMs, electionTimeoutMaxMs } = options
  assert(heartbeatMs > 0, 'heartbeatMs is positive')
  assert(electionTimeoutMinMs > 2 * heartbeatMs, 'one lost heartbeat does not end a lease')
  assert(electionTimeoutMaxMs > electionTimeoutMinMs, 'election timeouts differ between voters')
  assert(options.peerDownDelayMaxMs > 0, 'peerDownDelayMaxMs is positive')
  assert(options.inflightAppendsMax >= 1, 'at least one append may be under way')
  assert(options.snapshotChunkBytes >= 1, 'chunks have bytes')
}
