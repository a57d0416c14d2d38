// A leader's sending of snapshots: one chunk under way to each follower that needs one, asked for
// again when no answer comes, given up when the follower is not there.

import { known } from './assert.ts'
import type { VoterParts } from './parts.ts'
import type { Progress } from './progress.ts'
import type { LogIndex, Term, VoterId } from './types.ts'

export class SnapshotSending {
  readonly #parts: VoterParts
  readonly #term: Term

  constructor(parts: VoterParts, term: Term) {
    this.#parts = parts
    this.#term = term
  }

  /** False when the follower is not in touch: it would take space and time for nothing. */
  begin(to: VoterId, progress: Progress, nowMs: number): boolean {
    if (!this.#isInTouch(progress, nowMs)) return false
    const snapshot = known(this.#parts.log.snapshot, 'a snapshot of what was compacted')
    progress.sendSnapshot(snapshot, nowMs)
    this.#sendNext(to, progress, nowMs)
    return true
  }

  #isInTouch(progress: Progress, nowMs: number): boolean {
    return nowMs - progress.lastContactMs < this.#parts.options.electionTimeoutMinMs
  }

  #sendNext(to: VoterId, progress: Progress, nowMs: number): void {
    const transfer = known(progress.transfer, 'a transfer')
    transfer.sentAtMs = nowMs
    const { snapshot, ackedBytes } = transfer
    const maxBytes = this.#parts.options.snapshotChunkBytes
    // When all is there and only the installing is not confirmed, the last byte is as good a
    // question as any.
    const position = Math.max(0, Math.min(ackedBytes, snapshot.sizeBytes - 1))
    const term = this.#term
    this.#parts.outbox.emit({ type: 'sendSnapshotChunk', to, term, snapshot, position, maxBytes })
  }

  acked(
    from: VoterId,
    progress: Progress,
    at: { readonly index: LogIndex; readonly receivedBytes: number; readonly nowMs: number },
  ): void {
    const { transfer } = progress
    if (transfer === null || transfer.snapshot.index !== at.index) return
    if (transfer.ackedBytes === at.receivedBytes) return
    transfer.ackedBytes = at.receivedBytes
    if (at.receivedBytes < transfer.snapshot.sizeBytes) this.#sendNext(from, progress, at.nowMs)
  }

  retry(all: ReadonlyMap<VoterId, Progress>, nowMs: number): void {
    for (const [to, progress] of all) {
      if (progress.transfer === null) continue
      if (!this.#isInTouch(progress, nowMs)) progress.probe()
      else if (nowMs - progress.transfer.sentAtMs >= this.#parts.options.snapshotRetryMs) {
        this.#sendNext(to, progress, nowMs)
      }
    }
  }

  oldestIndex(all: ReadonlyMap<VoterId, Progress>): LogIndex {
    let oldest = Number.POSITIVE_INFINITY
    for (const { transfer } of all.values()) {
      if (transfer !== null) oldest = Math.min(oldest, transfer.snapshot.index)
    }
    return oldest
  }
}
