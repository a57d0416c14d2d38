// Which of the operator's replicas acts: the holder of a Lease, renewed while it lives. Whoever
// cannot renew in time stops acting before another may begin (fencing): it measures by its own
// monotonic clock, from before it asked. Never compares clocks of two machines.

import type { Timers } from '../timers.ts'
import type { KubeClient } from './client.ts'
import { isConflict } from './errors.ts'
import { type KubeObject, kinds } from './objects.ts'

export interface LeaseOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  /** Of this process; another one for each start. */
  readonly identity: string
  /** The others wait for so long after the last renewal that they saw. */
  readonly durationMs: number
  readonly renewMs: number
  readonly timers: Timers
  readonly wallMs: () => number
  readonly random: () => number
  readonly onElected: () => void
  /** Called before anybody else can be elected. The process should stop what it does, or end. */
  readonly onLost: (reason: string) => void
  readonly onTrouble: (error: unknown) => void
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
    readonly acquireTime?: string
    readonly leaseTransitions?: number
  }
}

/** What was last seen of another's lease, and when, by our clock. */
interface Observed {
  readonly resourceVersion: string
  readonly atMs: number
}

export class LeaderLease {
  readonly #options: LeaseOptions
  #held: Lease | null = null
  #heldUntilMs = 0
  #observed: Observed | null = null
  #expiry: { cancel(): void } | null = null
  #next: { cancel(): void } | null = null
  #turn: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  get isLeader(): boolean {
    return this.#held !== null && this.#options.timers.nowMs() < this.#heldUntilMs
  }

  start(): void {
    this.#turn = this.#take()
  }

  /** Gives the lease up at once, so that the next one need not wait. */
  async close(): Promise<void> {
    this.#closed = true
    this.#next?.cancel()
    await this.#turn
    const held = this.#held
    this.#lose('stopping')
    if (held === null) return
    const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1 }
    await this.#options.client
      .replace(kinds.lease, { ...held, spec } as Lease)
      .catch((error: unknown) => this.#options.onTrouble(error))
  }

  /** Never rejects. */
  async #take(): Promise<void> {
    const { timers, renewMs, random, onTrouble } = this.#options
    try {
      await this.#tryOnce()
    } catch (error) {
      if (!isConflict(error)) onTrouble(error)
    }
    if (this.#closed) return
    // Two candidates that ask in step would go on to do so.
    this.#next = timers.schedule(renewMs * (0.8 + 0.4 * random()), () => {
      this.#turn = this.#take()
    })
  }

  async #tryOnce(): Promise<void> {
    const { client, namespace, name, timers, durationMs } = this.#options
    const askedAtMs = timers.nowMs()
    const present = this.#held ?? (await client.get<Lease>(kinds.lease, namespace, name))
    if (present === null) {
      return this.#hold(await client.create<Lease>(kinds.lease, this.#mine(null)), askedAtMs)
    }
    if (this.#held === null && !this.#isFree(present, askedAtMs)) return
    try {
      const renewed = await client.replace<Lease>(kinds.lease, this.#mine(present))
      this.#hold(renewed, askedAtMs)
    } catch (error) {
      // Somebody changed it: what it is now is looked at in the next turn.
      if (isConflict(error) && this.#held !== null) {
        const now = await client.get<Lease>(kinds.lease, namespace, name)
        if (now?.spec?.holderIdentity === this.#options.identity) this.#held = now
        else this.#lose('another operator took the lease')
      }
      throw error
    }
    if (timers.nowMs() - askedAtMs > durationMs) this.#lose('the API server was too slow')
  }

  #isFree(lease: Lease, nowMs: number): boolean {
    const { holderIdentity = '', leaseDurationSeconds } = lease.spec ?? {}
    if (holderIdentity === '' || holderIdentity === this.#options.identity) return true
    const resourceVersion = lease.metadata.resourceVersion ?? ''
    if (this.#observed?.resourceVersion !== resourceVersion) {
      this.#observed = { resourceVersion, atMs: nowMs }
    }
    const theirsMs = (leaseDurationSeconds ?? 0) * 1000
    return nowMs - this.#observed.atMs >= Math.max(theirsMs, this.#options.durationMs)
  }

  #mine(before: Lease | null): Lease {
    const { namespace, name, identity, durationMs, wallMs } = this.#options
    const now = microTime(wallMs())
    const isRenewal = before?.spec?.holderIdentity === identity
    const transitions = before?.spec?.leaseTransitions ?? 0
    return {
      apiVersion: kinds.lease.apiVersion,
      kind: kinds.lease.kind,
      metadata: before?.metadata ?? { name, namespace },
      spec: {
        ...before?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        renewTime: now,
        acquireTime: isRenewal ? (before?.spec?.acquireTime ?? now) : now,
        leaseTransitions: isRenewal || before === null ? transitions : transitions + 1,
      },
    }
  }

  #hold(lease: Lease, askedAtMs: number): void {
    const { durationMs, timers, onElected } = this.#options
    const isNew = this.#held === null
    this.#held = lease
    this.#heldUntilMs = askedAtMs + durationMs
    this.#expiry?.cancel()
    const leftMs = Math.max(0, this.#heldUntilMs - timers.nowMs())
    this.#expiry = timers.schedule(leftMs, () => this.#lose('the lease could not be renewed'))
    if (isNew && !this.#closed) onElected()
  }

  #lose(reason: string): void {
    this.#expiry?.cancel()
    if (this.#held === null) return
    this.#held = null
    this.#observed = null
    this.#options.onLost(reason)
  }
}

/** Kubernetes' MicroTime: it refuses the three digits of a JavaScript date. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z')
}
