// One client instance as KIP-714 knows it: what it is subscribed to, and when it may ask and push
// again. Pure: time comes in, in milliseconds on the monotonic clock.

import { crc32c } from '@samsa/proto/record/crc32c'

/** What subscriptions match clients by. */
export interface ClientTraits {
  readonly clientInstanceId: string
  readonly clientId: string
  readonly softwareName: string
  readonly softwareVersion: string
  readonly sourceAddress: string
  readonly sourcePort: number
}

/** All subscriptions that match a client, put together. */
export interface ClientSubscription {
  /** Prefixes of metric names; a lone '*' is all of them. */
  readonly metrics: readonly string[]
  readonly pushIntervalMs: number
}

/** What was wrong with the request before, where the next one may come at once because of it. */
export type LastError = 'none' | 'asked-anew' | 'other'

export class ClientInstance {
  readonly traits: ClientTraits
  readonly subscription: ClientSubscription
  readonly subscriptionId: number
  /** Of the subscriptions that it was made from. */
  readonly version: number
  isTerminating = false
  lastError: LastError = 'none'
  expiresAtMs = 0
  #lastGetMs = Number.NEGATIVE_INFINITY
  #lastPushMs = Number.NEGATIVE_INFINITY

  constructor(traits: ClientTraits, subscription: ClientSubscription, version: number) {
    this.traits = traits
    this.subscription = subscription
    this.subscriptionId = subscriptionIdOf(subscription, traits.clientInstanceId)
    this.version = version
  }

  /** Whether it may ask for its subscription now; counts it as asked. */
  mayGet(nowMs: number): boolean {
    const lastMs = Math.max(this.#lastGetMs, this.#lastPushMs)
    if (nowMs - lastMs < this.subscription.pushIntervalMs) return this.lastError === 'asked-anew'
    this.#lastGetMs = nowMs
    return true
  }

  /**
   * Whether it may push now; counts it as pushed. The first push after the subscription may come
   * early, since clients spread theirs.
   */
  mayPush(nowMs: number): boolean {
    const isFirst = this.#lastGetMs > this.#lastPushMs
    if (!isFirst && nowMs - this.#lastPushMs < this.subscription.pushIntervalMs) return false
    this.#lastPushMs = nowMs
    return true
  }
}

/** Changes with what is asked of the client: CRC-32C of it, in the pattern of its id. */
function subscriptionIdOf({ metrics, pushIntervalMs }: ClientSubscription, id: string): number {
  const text = Buffer.from(`[${metrics.join(', ')}]${pushIntervalMs}`)
  return (crc32c(text) | 0) ^ hashOf(id)
}

/** Java's hash code of a UUID. */
function hashOf(uuid: string): number {
  const bytes = Buffer.from(uuid, 'base64url')
  let hash = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4) hash ^= bytes.readInt32BE(at)
  return hash
}
