// A quota's balance: fills at a rate, up to what may be saved, and may be overdrawn: what is done
// is done, and is paid for by waiting. Pure: the time is passed in, in milliseconds of one clock.

export interface BucketTerms {
  /** Units a second; 0 or less lets nothing through but what cannot be held back. */
  readonly rate: number
  /** What an idle client saves, in seconds of the rate. */
  readonly savedSecondsMax: number
  /** Debts are forgotten beyond this, so that nobody waits for longer. */
  readonly owedSecondsMax: number
}

const msPerSecond = 1000

export class TokenBucket {
  #terms: BucketTerms
  #balance: number
  #atMs: number

  /** Begins with `savedSeconds` of its rate. */
  constructor(terms: BucketTerms, nowMs: number, savedSeconds: number) {
    this.#terms = terms
    this.#balance = Math.max(0, terms.rate) * savedSeconds
    this.#atMs = nowMs
  }

  get rate(): number {
    return this.#terms.rate
  }

  /** What was saved or is owed stays, as far as the new terms have room for it. */
  change(terms: BucketTerms, nowMs: number): void {
    this.#settle(nowMs)
    this.#terms = terms
    this.#settle(nowMs)
  }

  spend(amount: number, nowMs: number): void {
    this.#settle(nowMs)
    const { rate, owedSecondsMax } = this.#terms
    const owedMax = Math.max(0, rate) * owedSecondsMax
    this.#balance = Math.max(this.#balance - amount, -Math.max(owedMax, Number.MIN_VALUE))
  }

  /** Until nothing is owed; 0 where nothing is. */
  waitMs(nowMs: number): number {
    this.#settle(nowMs)
    if (this.#balance >= 0) return 0
    const { rate, owedSecondsMax } = this.#terms
    const waitMaxMs = owedSecondsMax * msPerSecond
    if (rate <= 0) return waitMaxMs
    return Math.min(waitMaxMs, Math.ceil((-this.#balance / rate) * msPerSecond))
  }

  #settle(nowMs: number): void {
    const { rate, savedSecondsMax } = this.#terms
    const seconds = Math.max(0, nowMs - this.#atMs) / msPerSecond
    this.#atMs = Math.max(this.#atMs, nowMs)
    const earned = this.#balance + seconds * Math.max(0, rate)
    this.#balance = Math.min(earned, Math.max(0, rate) * savedSecondsMax)
  }
}
