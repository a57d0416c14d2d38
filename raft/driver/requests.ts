// Requests under way at a voter, and their promises. Told of effects in their order, it settles
// each request once: with what happened, or with whether it can still happen.

import { isJoint } from '../core/configuration.ts'
import type { Effect } from '../core/effects.ts'
import type { Entry, LogIndex, Term } from '../core/types.ts'
import { LostLeadershipError, NotLeaderError, RefusedError } from './errors.ts'

interface Request<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

export interface Committed {
  readonly term: Term
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
}

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>

function refusal(effect: EffectOf<'proposalRefused' | 'readRefused' | 'membershipRefused'>): Error {
  const { reason, leader } = effect
  return reason === 'notLeader'
    ? new NotLeaderError('this voter does not lead', leader)
    : new RefusedError(reason)
}

export class Requests {
  #lastId = 0
  /** Asked, and not yet answered in any way. */
  readonly #proposals = new Map<number, Request<Committed>>()
  readonly #reads = new Map<number, Request<LogIndex>>()
  readonly #changes = new Map<number, Request<void>>()
  /** In the log, in order of their indexes. */
  #uncommitted: (Request<Committed> & Committed)[] = []
  #accepted: (Request<void> & { readonly index: LogIndex })[] = []
  #transfers: Request<void>[] = []

  #add<T>(to: Map<number, Request<T>>, ask: (requestId: number) => void): Promise<T> {
    const requestId = ++this.#lastId
    return new Promise((resolve, reject) => {
      to.set(requestId, { resolve, reject })
      ask(requestId)
    })
  }

  proposal(ask: (requestId: number) => void): Promise<Committed> {
    return this.#add(this.#proposals, ask)
  }

  read(ask: (requestId: number) => void): Promise<LogIndex> {
    return this.#add(this.#reads, ask)
  }

  change(ask: (requestId: number) => void): Promise<void> {
    return this.#add(this.#changes, ask)
  }

  transfer(ask: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#transfers.push({ resolve, reject })
      ask()
    })
  }

  /** An effect that answers a request, or ends what requests wait for. */
  happened(effect: Effect): void {
    switch (effect.type) {
      case 'proposed': {
        const { term, firstIndex, lastIndex } = effect
        const request = this.#taken(this.#proposals, effect.requestId)
        if (request !== undefined) {
          this.#uncommitted.push({ ...request, term, firstIndex, lastIndex })
        }
        return
      }
      case 'proposalRefused':
        this.#taken(this.#proposals, effect.requestId)?.reject(refusal(effect))
        return
      case 'readReady':
        this.#taken(this.#reads, effect.requestId)?.resolve(effect.index)
        return
      case 'readRefused':
        this.#taken(this.#reads, effect.requestId)?.reject(refusal(effect))
        return
      case 'membershipAccepted': {
        const request = this.#taken(this.#changes, effect.requestId)
        if (request !== undefined) this.#accepted.push({ ...request, index: effect.index })
        return
      }
      case 'membershipRefused':
        this.#taken(this.#changes, effect.requestId)?.reject(refusal(effect))
        return
      case 'apply':
        return this.#applied(effect.entries)
      case 'configurationApplied':
        return this.#configurationApplied(effect)
      case 'restoreSnapshot':
      case 'steppedDown':
        return this.#lost(`the leadership ended before it was known to be committed`)
      case 'transferEnded':
        return this.#transferEnded(effect)
      default:
    }
  }

  #taken<T>(from: Map<number, Request<T>>, requestId: number): Request<T> | undefined {
    const request = from.get(requestId)
    from.delete(requestId)
    return request
  }

  #applied(entries: readonly Entry[]): void {
    const last = entries.at(-1)
    const first = entries[0]
    if (last === undefined || first === undefined) return
    let count = 0
    for (const { resolve, reject, ...committed } of this.#uncommitted) {
      if (committed.lastIndex > last.index) break
      count++
      const entry = entries[committed.lastIndex - first.index]
      if (entry?.term === committed.term) resolve(committed)
      else reject(new NotLeaderError('another leader has written in its place', null))
    }
    this.#uncommitted.splice(0, count)
  }

  #configurationApplied({ index, configuration }: EffectOf<'configurationApplied'>): void {
    if (isJoint(configuration)) return
    for (const request of this.#accepted) if (request.index <= index) request.resolve()
    this.#accepted = this.#accepted.filter((request) => request.index > index)
  }

  #transferEnded({ reason }: EffectOf<'transferEnded'>): void {
    const transfers = this.#transfers
    this.#transfers = []
    for (const { resolve, reject } of transfers) {
      if (reason === 'the term ended') resolve()
      else reject(new RefusedError(reason))
    }
  }

  #lost(message: string): void {
    const error = new LostLeadershipError(message)
    for (const { reject } of [...this.#uncommitted, ...this.#accepted]) reject(error)
    this.#uncommitted = []
    this.#accepted = []
  }

  /** Nothing will happen here any more. */
  close(): void {
    this.#lost('the voter has stopped')
    const error = new LostLeadershipError('the voter has stopped')
    for (const requests of [this.#proposals, this.#reads, this.#changes]) {
      for (const { reject } of requests.values()) reject(error)
      requests.clear()
    }
    for (const { reject } of this.#transfers) reject(error)
    this.#transfers = []
  }
}
