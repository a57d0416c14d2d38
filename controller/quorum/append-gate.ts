// Lets appends through in the order of decisions, each made on top of all before it. When one is
// refused although this node leads, those that were decided on top of it must not get into the log
// either: the gate shuts, and opens again when nothing is under way any more and whoever decides
// has been told to start from what is committed.

import type { RaftClock } from '@samsa/raft/driver/clock'
import {
  LostLeadershipError,
  NotLeaderError as RaftNotLeaderError,
  RefusedError,
} from '@samsa/raft/driver/errors'
import {
  LeavingError,
  LostLeadershipError as LostMetadataLeadershipError,
  NotLeaderError,
} from '../metadata-log.ts'

/** Appended and not yet committed; below what the quorum itself takes (raft/core/options.ts). */
const underWayBytesMax = 24 * 1024 * 1024

/** Most of the time there is another leader by then. */
const leavingMs = 50

interface Term {
  readonly epoch: number
  underWay: number
  bytes: number
  isShut: boolean
  /** Shut because the leadership is being handed over. */
  isLeaving: boolean
}

export class AppendGate {
  readonly #reopened: (epoch: number) => void
  readonly #clock: Pick<RaftClock, 'after' | 'soon'>
  #term: Term | null = null

  constructor(reopened: (epoch: number) => void, clock: Pick<RaftClock, 'after' | 'soon'>) {
    this.#reopened = reopened
    this.#clock = clock
  }

  open(epoch: number): void {
    this.#term = { epoch, underWay: 0, bytes: 0, isShut: false, isLeaving: false }
  }

  close(): void {
    this.#term = null
  }

  /** Calls `propose` at once or not at all. */
  async append<T>(epoch: number, bytes: number, propose: () => Promise<T>): Promise<T> {
    const term = this.#term
    if (term?.epoch === epoch && term.isShut && term.isLeaving) throw leaving()
    if (term === null || term.epoch !== epoch || term.isShut) {
      throw new NotLeaderError(`epoch ${epoch} is not this node's to append in`)
    }
    if (term.underWay > 0 && term.bytes + bytes > underWayBytesMax) {
      this.#shut(term)
      throw new NotLeaderError('too much is waiting to be committed')
    }
    term.underWay++
    term.bytes += bytes
    try {
      return await propose()
    } catch (error) {
      if (error instanceof RefusedError) {
        term.isLeaving = isTransferring(error)
        this.#shut(term)
      }
      throw asMetadataLogError(error)
    } finally {
      term.underWay--
      term.bytes -= bytes
      if (term.isShut) this.#reopenSoon(term)
    }
  }

  #shut(term: Term): void {
    term.isShut = true
    this.#reopenSoon(term)
  }

  /**
   * After those whose appends were refused have heard of it; while the leadership is being handed
   * over not at once, as it would be refused the same.
   */
  #reopenSoon(term: Term): void {
    const reopen = () => {
      if (this.#term !== term || !term.isShut || term.underWay > 0) return
      term.isShut = false
      term.isLeaving = false
      this.#reopened(term.epoch)
    }
    if (term.isLeaving) this.#clock.after(leavingMs, reopen)
    else this.#clock.soon(reopen)
  }
}

function isTransferring(error: unknown): boolean {
  return error instanceof RefusedError && error.reason === 'transferring'
}

function leaving(cause?: unknown): LeavingError {
  return new LeavingError('this node is handing over its leadership', { cause })
}

function asMetadataLogError(cause: unknown): Error {
  if (isTransferring(cause)) return leaving(cause)
  if (cause instanceof RaftNotLeaderError || cause instanceof RefusedError) {
    return new NotLeaderError(cause.message, { cause })
  }
  if (cause instanceof LostLeadershipError) {
    return new LostMetadataLeadershipError(cause.message, { cause })
  }
  return cause instanceof Error ? cause : new Error(String(cause))
}
