// What a leader knows of one follower, and how much it may send it: one append at a time while it
// is finding out where the logs agree (probe), a bounded stream after that (replicate), or a
// snapshot.

import { assertNever } from './assert.ts'
import type { RaftOptions } from './options.ts'
import type { LogIndex, SnapshotDescriptor } from './types.ts'

/** Appends that were sent and not yet answered, oldest first. */
class Inflight {
  readonly #appends: { readonly lastIndex: LogIndex; readonly bytes: number }[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#appends.length === 0
  }

  isFull(options: RaftOptions): boolean {
    const { inflightAppendsMax, inflightBytesMax } = options
    return this.#appends.length >= inflightAppendsMax || this.#bytes >= inflightBytesMax
  }

  add(lastIndex: LogIndex, bytes: number): void {
    this.#appends.push({ lastIndex, bytes })
    this.#bytes += bytes
  }

  answeredThrough(index: LogIndex): void {
    let count = 0
    for (const append of this.#appends) {
      if (append.lastIndex > index) break
      this.#bytes -= append.bytes
      count++
    }
    this.#appends.splice(0, count)
  }

  clear(): void {
    this.#appends.length = 0
    this.#bytes = 0
  }
}

export interface SnapshotTransfer {
  readonly snapshot: SnapshotDescriptor
  ackedBytes: number
  /** When the last chunk was asked for. */
  sentAtMs: number
}

export class Progress {
  /** The logs agree up to here, and the follower's is durable. */
  match: LogIndex = 0
  /** What to send next; ahead of `match` while replicating. */
  next: LogIndex
  state: 'probe' | 'replicate' | 'snapshot' = 'probe'
  /** Probing: an append is under way, since this round of heartbeats. */
  #probedInRound: number | null = null
  /** The highest commit index that was sent. */
  sentCommit: LogIndex = 0
  /** The last round of heartbeats that was answered. */
  ackedRound = 0
  transfer: SnapshotTransfer | null = null
  readonly inflight = new Inflight()
  #lastContactMs: number
  #silentFromMs: number
  #caughtUpMs: number | null = null
  #matchAtLastHeartbeat: LogIndex = -1

  constructor(next: LogIndex, nowMs: number) {
    this.next = next
    this.#lastContactMs = nowMs
    this.#silentFromMs = nowMs
  }

  get lastContactMs(): number {
    return this.#lastContactMs
  }

  heard(nowMs: number): void {
    this.#lastContactMs = nowMs
    this.#silentFromMs = nowMs
  }

  /** The last contact, put later by the times when the leader itself could hear nobody. */
  get silentFromMs(): number {
    return this.#silentFromMs
  }

  excuse(stalledMs: number): void {
    this.#silentFromMs += stalledMs
  }

  /** When the follower last had all that the leader had; null when it never did. */
  get caughtUpMs(): number | null {
    return this.#caughtUpMs
  }

  caughtUp(nowMs: number): void {
    this.#caughtUpMs = nowMs
  }

  probe(): void {
    this.state = 'probe'
    this.next = this.match + 1
    this.#probedInRound = null
    this.transfer = null
    this.inflight.clear()
  }

  sendSnapshot(snapshot: SnapshotDescriptor, nowMs: number): void {
    this.probe()
    this.state = 'snapshot'
    this.transfer = { snapshot, ackedBytes: 0, sentAtMs: nowMs }
  }

  /** Whether another append may leave. */
  mayAppend(options: RaftOptions): boolean {
    switch (this.state) {
      case 'probe':
        return this.#probedInRound === null
      case 'replicate':
        return !this.inflight.isFull(options)
      case 'snapshot':
        return false
      default:
        return assertNever(this.state)
    }
  }

  sentThrough(lastIndex: LogIndex, bytes: number, round: number): void {
    if (this.state === 'probe') this.#probedInRound = round
    else if (lastIndex >= this.next) {
      this.next = lastIndex + 1
      this.inflight.add(lastIndex, bytes)
    }
  }

  /** The follower has acknowledged `index`. */
  matched(index: LogIndex): void {
    if (index > this.match) this.match = index
    this.next = Math.max(this.next, this.match + 1)
    this.inflight.answeredThrough(index)
    const isOverSnapshot = this.transfer !== null && this.match >= this.transfer.snapshot.index
    if (this.state === 'probe' || isOverSnapshot) {
      this.probe()
      this.state = 'replicate'
    }
  }

  /**
   * The follower refused `rejected`; the logs may agree up to `hint`. False when that is old news.
   */
  rejected(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === 'snapshot' || rejected <= this.match) return false
    if (this.state === 'replicate') {
      this.probe()
      return true
    }
    if (rejected !== this.next - 1) return false
    this.next = Math.max(this.match + 1, Math.min(rejected, hint + 1))
    this.#probedInRound = null
    return true
  }

  /**
   * A heartbeat was answered. True when the follower should be asked where it stands: the probe of
   * before that heartbeat must have been lost, or appends are under way and none was answered since
   * the last heartbeat.
   */
  heartbeatAnswered(round: number): boolean {
    this.ackedRound = Math.max(this.ackedRound, round)
    const isStalled = this.#matchAtLastHeartbeat === this.match && !this.inflight.isEmpty
    this.#matchAtLastHeartbeat = this.match
    if (this.state === 'replicate') return isStalled
    if (this.state !== 'probe' || this.#probedInRound === null) return false
    const isLost = round > this.#probedInRound
    if (isLost) this.#probedInRound = null
    return isLost
  }
}
