// One quota of one user, client id or both: its balance, and what metrics tell of it.

import type { QuotaKey, QuotaMatch } from './quota-table.ts'
import { type BucketTerms, TokenBucket } from './token-bucket.ts'

const msPerSecond = 1000
/** Metrics show rates of about the last ten seconds, as Kafka's do. */
const rateOverMs = 10_000

export class Account {
  readonly key: QuotaKey
  readonly user: string | null
  readonly clientId: string | null
  /** On the clock that times are passed in of. */
  usedAtMs: number
  /** The latest time that the client was told to wait. */
  throttleMs = 0
  readonly #bucket: TokenBucket
  #ratePerMs = 0

  constructor(
    key: QuotaKey,
    { user, clientId }: QuotaMatch,
    terms: BucketTerms,
    nowMs: number,
    savedSeconds: number,
  ) {
    this.key = key
    this.user = user
    this.clientId = clientId
    this.usedAtMs = nowMs
    this.#bucket = new TokenBucket(terms, nowMs, savedSeconds)
  }

  get limit(): number {
    return this.#bucket.rate
  }

  change(terms: BucketTerms, nowMs: number): void {
    this.#bucket.change(terms, nowMs)
  }

  /** Books the amount; for how long the client should be kept waiting, in milliseconds. */
  spend(amount: number, nowMs: number): number {
    this.#ratePerMs = this.#rateNow(nowMs) + amount / rateOverMs
    this.usedAtMs = nowMs
    this.#bucket.spend(amount, nowMs)
    this.throttleMs = this.#bucket.waitMs(nowMs)
    return this.throttleMs
  }

  waitMs(nowMs: number): number {
    return this.#bucket.waitMs(nowMs)
  }

  /** Units a second, lately. */
  rate(nowMs: number): number {
    return this.#rateNow(nowMs) * msPerSecond
  }

  #rateNow(nowMs: number): number {
    return this.#ratePerMs * Math.exp(-Math.max(0, nowMs - this.usedAtMs) / rateOverMs)
  }
}
