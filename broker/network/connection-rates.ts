// How fast connections may come: to this node, to one of its listeners, from one address (KIP-612).
// Too many to the node or a listener wait; too many from an address are turned away. Pure: the time
// is passed in. Owns the balances.

import { TokenBucket } from '../quota/token-bucket.ts'
import { heldConnectionMaxMs, ratedAddressesMax } from './limits.ts'

export interface ConnectionRateLimits {
  /** Connections a second; null: no limit. */
  readonly ofNode: () => number | null
  readonly ofListener: (listener: string) => number | null
  readonly ofAddress: (host: string) => number | null
  /** What may come at once, in seconds of the rate. */
  readonly burstSeconds: number
}

export type Admission =
  | { readonly type: 'opens'; readonly afterMs: number }
  | { readonly type: 'refused'; readonly limit: string; readonly afterMs: number }

export class ConnectionRates {
  readonly #limits: ConnectionRateLimits
  readonly #byName = new Map<string, TokenBucket>()
  readonly #byAddress = new Map<string, TokenBucket>()

  constructor(limits: ConnectionRateLimits) {
    this.#limits = limits
  }

  admit(listener: string, host: string, nowMs: number): Admission {
    const { ofNode, ofListener, ofAddress } = this.#limits
    const address = this.#bucket(this.#byAddress, host, ofAddress(host), nowMs)
    const refusedMs = address?.waitMs(nowMs) ?? 0
    if (refusedMs > 0) {
      return { type: 'refused', limit: 'connection_creation_rate', afterMs: refusedMs }
    }
    const node = this.#bucket(this.#byName, '', ofNode(), nowMs)
    const own = this.#bucket(this.#byName, listener, ofListener(listener), nowMs)
    const afterMs = Math.max(node?.waitMs(nowMs) ?? 0, own?.waitMs(nowMs) ?? 0)
    if (afterMs >= heldConnectionMaxMs) {
      return { type: 'refused', limit: 'max.connection.creation.rate', afterMs: 0 }
    }
    for (const bucket of [address, node, own]) bucket?.spend(1, nowMs)
    return { type: 'opens', afterMs }
  }

  #bucket(
    buckets: Map<string, TokenBucket>,
    name: string,
    rate: number | null,
    nowMs: number,
  ): TokenBucket | null {
    const known = buckets.get(name)
    if (rate === null) {
      if (known !== undefined) buckets.delete(name)
      return null
    }
    if (known?.rate === rate) return known
    const savedSecondsMax = this.#limits.burstSeconds
    const owedSecondsMax = Math.max(heldConnectionMaxMs / 1000, rate > 0 ? 1 / rate : 0)
    const terms = { rate, savedSecondsMax, owedSecondsMax }
    if (known !== undefined) {
      known.change(terms, nowMs)
      return known
    }
    if (buckets.size >= ratedAddressesMax) this.#makeRoom(buckets, nowMs)
    const made = new TokenBucket(terms, nowMs, savedSecondsMax)
    buckets.set(name, made)
    return made
  }

  /** Those that owe nothing, or the oldest. */
  #makeRoom(buckets: Map<string, TokenBucket>, nowMs: number): void {
    for (const [name, bucket] of buckets) if (bucket.waitMs(nowMs) === 0) buckets.delete(name)
    for (const name of buckets.keys()) {
      if (buckets.size < ratedAddressesMax) return
      buckets.delete(name)
    }
  }
}
