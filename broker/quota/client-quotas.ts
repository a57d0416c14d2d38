// Holds clients to their quotas: who has which, what is owed, and for how long a client is kept
// waiting (KIP-13, KIP-124, KIP-219, KIP-599). Owns the accounts. Reads no clock and touches no
// socket: the request layer says what a request cost and mutes its connection.

import type { MetadataImage } from '@samsa/controller/image'
import { Account } from './account.ts'
import { accountIdleMaxMs, accountsMax } from './limits.ts'
import { type QuotaKey, QuotaTable } from './quota-table.ts'
import type { BucketTerms } from './token-bucket.ts'

export interface QuotaWindows {
  readonly samples: number
  readonly sampleSeconds: number
}

export interface ClientQuotaOptions {
  /** Of `quota.window.*`. */
  readonly clientWindows: QuotaWindows
  /** Of `controller.quota.window.*`. */
  readonly controllerWindows: QuotaWindows
}

/** The accounts of one client of a connection; null where nothing holds it. */
interface Accounts {
  readonly principal: string
  readonly clientId: string | null
  readonly epoch: number
  readonly produce: Account | null
  readonly fetch: Account | null
  readonly request: Account | null
  readonly mutation: Account | null
}

export interface QuotaTotals {
  /** Times that a client was told to wait, and for how long in all. */
  throttled: number
  throttleMs: number
}

/** Who asks, by whatever object stays the same for a connection. */
export interface QuotaClient {
  readonly connection: object
  readonly principal: string
  readonly clientId: string | null
}

export type QuotaKind = 'Produce' | 'Fetch' | 'Request' | 'ControllerMutation'

/** A percentage of one processor, in milliseconds a second. */
const msPerPercent = 10

export class ClientQuotas {
  /** Whether anybody is held to anything: all that a request asks where nobody is. */
  enforced = false
  readonly totals: Readonly<Record<QuotaKind, QuotaTotals>> = {
    Produce: { throttled: 0, throttleMs: 0 },
    Fetch: { throttled: 0, throttleMs: 0 },
    Request: { throttled: 0, throttleMs: 0 },
    ControllerMutation: { throttled: 0, throttleMs: 0 },
  }
  readonly #options: ClientQuotaOptions
  #table = new QuotaTable(new Map())
  /** Raised when what connections remember of their accounts is not true any more. */
  #epoch = 0
  readonly #accounts = new Map<string, Account>()
  readonly #byConnection = new WeakMap<object, Accounts>()
  #sweptAtMs = 0

  constructor(options: ClientQuotaOptions) {
    this.#options = options
  }

  /** The quotas of the metadata, in effect from the next request on. */
  update(quotas: MetadataImage['clientQuotas'], nowMs: number): void {
    this.#table = new QuotaTable(quotas)
    this.enforced = !this.#table.isEmpty
    this.#epoch++
    for (const [name, account] of this.#accounts) {
      const { key, user, clientId } = account
      // What is not told apart matches no name: there is no empty one.
      const found = this.#table.find(key, user ?? '', clientId ?? '')
      if (found === null || found.user !== user || found.clientId !== clientId) {
        this.#accounts.delete(name)
      } else account.change(this.#termsOf(key, found.value), nowMs)
    }
  }

  get accounts(): Iterable<Account> {
    return this.#accounts.values()
  }

  get accountCount(): number {
    return this.#accounts.size
  }

  /** New connections a second from an address (KIP-612); null: no limit. */
  connectionRate(address: string): number | null {
    return this.#table.connectionRate(address)
  }

  /**
   * Books what a request cost: the bytes of a Produce request or a Fetch response, and the time
   * that it held the processor. Returns for how long its client waits, in milliseconds.
   */
  spend(
    client: QuotaClient,
    cost: { readonly produceBytes: number; readonly fetchBytes: number; readonly busyMs: number },
    nowMs: number,
  ): number {
    const { produce, fetch, request } = this.#accountsOf(client, nowMs)
    let waitMs = 0
    if (produce !== null && cost.produceBytes > 0) {
      waitMs = this.#count('Produce', produce.spend(cost.produceBytes, nowMs))
    }
    if (fetch !== null && cost.fetchBytes > 0) {
      waitMs = Math.max(waitMs, this.#count('Fetch', fetch.spend(cost.fetchBytes, nowMs)))
    }
    if (request !== null) {
      // As in Kafka, time is paid for within one window at most.
      const longestMs = this.#options.clientWindows.sampleSeconds * 1000
      const requestMs = Math.min(longestMs, request.spend(cost.busyMs, nowMs))
      waitMs = Math.max(waitMs, this.#count('Request', requestMs))
    }
    return waitMs
  }

  /** Most bytes that one response should have, so that its client does not wait for long. */
  fetchBytesMax(client: QuotaClient, nowMs: number): number {
    if (!this.enforced) return Number.POSITIVE_INFINITY
    const { fetch } = this.#accountsOf(client, nowMs)
    if (fetch === null) return Number.POSITIVE_INFINITY
    return Math.max(1, Math.floor(fetch.limit * this.#options.clientWindows.sampleSeconds))
  }

  /**
   * Whether that many partitions may be made or deleted. `strict`: not while something is owed;
   * otherwise they may, and the client waits.
   */
  mutate(
    client: QuotaClient,
    { partitions, strict }: { readonly partitions: number; readonly strict: boolean },
    nowMs: number,
  ): { readonly allowed: boolean; readonly waitMs: number } {
    if (!this.enforced) return { allowed: true, waitMs: 0 }
    const { mutation } = this.#accountsOf(client, nowMs)
    if (mutation === null) return { allowed: true, waitMs: 0 }
    const owedMs = mutation.waitMs(nowMs)
    if (strict && owedMs > 0) {
      return { allowed: false, waitMs: this.#count('ControllerMutation', owedMs) }
    }
    const waitMs = mutation.spend(partitions, nowMs)
    // A strict client is told to wait only where it is refused.
    return { allowed: true, waitMs: strict ? 0 : this.#count('ControllerMutation', waitMs) }
  }

  #count(kind: QuotaKind, waitMs: number): number {
    if (waitMs > 0) {
      const totals = this.totals[kind]
      totals.throttled++
      totals.throttleMs += waitMs
    }
    return waitMs
  }

  #accountsOf({ connection, principal, clientId }: QuotaClient, nowMs: number): Accounts {
    if (nowMs - this.#sweptAtMs > accountIdleMaxMs / 10) this.#sweep(nowMs)
    const known = this.#byConnection.get(connection)
    if (
      known !== undefined &&
      known.epoch === this.#epoch &&
      known.principal === principal &&
      known.clientId === clientId
    ) {
      return known
    }
    const user = principal.slice(principal.indexOf(':') + 1)
    const account = (key: QuotaKey) => this.#account(key, user, clientId ?? '', nowMs)
    const produce = account('producer_byte_rate')
    const fetch = account('consumer_byte_rate')
    const request = account('request_percentage')
    const mutation = account('controller_mutation_rate')
    const epoch = this.#epoch
    const found = { principal, clientId, epoch, produce, fetch, request, mutation }
    this.#byConnection.set(connection, found)
    return found
  }

  #account(key: QuotaKey, user: string, clientId: string, nowMs: number): Account | null {
    const match = this.#table.find(key, user, clientId)
    if (match === null) return null
    const name = JSON.stringify([key, match.user, match.clientId])
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const terms = this.#termsOf(key, match.value)
    if (this.#accounts.size >= accountsMax) this.#makeRoom()
    // Nobody has saved anything before it came, but for what KIP-599 gives.
    const savedSeconds = key === 'controller_mutation_rate' ? terms.savedSecondsMax : 0
    const made = new Account(key, match, terms, nowMs, savedSeconds)
    this.#accounts.set(name, made)
    return made
  }

  #termsOf(key: QuotaKey, value: number): BucketTerms {
    const { clientWindows, controllerWindows } = this.#options
    if (key === 'controller_mutation_rate') {
      const seconds = controllerWindows.samples * controllerWindows.sampleSeconds
      return { rate: value, savedSecondsMax: seconds, owedSecondsMax: Number.MAX_SAFE_INTEGER }
    }
    return {
      rate: key === 'request_percentage' ? value * msPerPercent : value,
      savedSecondsMax: clientWindows.sampleSeconds,
      owedSecondsMax: clientWindows.samples * clientWindows.sampleSeconds,
    }
  }

  #sweep(nowMs: number): void {
    this.#sweptAtMs = nowMs
    const before = this.#accounts.size
    for (const [name, { usedAtMs }] of this.#accounts) {
      if (nowMs - usedAtMs > accountIdleMaxMs) this.#accounts.delete(name)
    }
    if (this.#accounts.size < before) this.#epoch++
  }

  /** Gives up a tenth, those that were used least lately, so that it is not done for each one. */
  #makeRoom(): void {
    const oldest = [...this.#accounts].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs)
    for (const [name] of oldest.slice(0, Math.ceil(accountsMax / 10))) this.#accounts.delete(name)
    this.#epoch++
  }
}
