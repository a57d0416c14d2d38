// Listens for clients. Owns the open connections and their limits: how many, how many from one
// address, how long idle. Knows nothing of the protocol; requests go to the service that it is
// given.

import type { Socket } from 'node:net'
import { type BoundServer, listen } from './accept.ts'
import { ChunkPool } from './chunk-pool.ts'
import { Connection, type ConnectionService } from './connection.ts'
import { idleCheckMaxMs, idleChecksPerTimeout } from './limits.ts'
import { RequestBudget } from './request-budget.ts'

export interface ListenerOptions {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface ServerOptions {
  readonly listeners: readonly ListenerOptions[]
  readonly backlog: number
  readonly frameBytesMax: number
  readonly requestBytesMax: number
  readonly connectionsMax: number
  readonly connectionsPerIpMax: (host: string) => number
  readonly idleMaxMs: number
  readonly service: ConnectionService
  readonly monotonicMs: () => number
  readonly onConnectionClosed: (connection: Connection, cause: Error | null) => void
  readonly onConnectionRefused: (host: string, reason: string) => void
}

export class NetworkServer {
  readonly pool = new ChunkPool()
  readonly budget: RequestBudget
  readonly #options: ServerOptions
  readonly #connections = new Set<Connection>()
  readonly #countByHost = new Map<string, number>()
  readonly #bound: (BoundServer & { readonly name: string })[] = []
  #idleTimer: NodeJS.Timeout | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.budget = new RequestBudget(options.requestBytesMax)
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Binds every listener; returns the port that each got. */
  async start(): Promise<ReadonlyMap<string, number>> {
    const { listeners, backlog, idleMaxMs } = this.#options
    for (const { name, host, port } of listeners) {
      const bound = await listen({
        host,
        port,
        backlog,
        onSocket: (accepted) => this.#accept(name, accepted),
      })
      this.#bound.push({ ...bound, name })
    }
    if (idleMaxMs > 0) {
      const everyMs = Math.min(idleCheckMaxMs, idleMaxMs / idleChecksPerTimeout)
      this.#idleTimer = setInterval(() => this.#closeIdle(), everyMs)
      this.#idleTimer.unref()
    }
    return new Map(this.#bound.map(({ name, port }) => [name, port]))
  }

  #accept(listener: string, accepted: Socket): void {
    const host = accepted.remoteAddress ?? ''
    const fromHost = this.#countByHost.get(host) ?? 0
    const { connectionsMax, connectionsPerIpMax } = this.#options
    const tooManyFromHost = fromHost >= connectionsPerIpMax(host)
    if (this.#connections.size >= connectionsMax || tooManyFromHost) {
      accepted.destroy()
      const limit = tooManyFromHost ? 'max.connections.per.ip' : 'max.connections'
      this.#options.onConnectionRefused(host, limit)
      return
    }
    this.#countByHost.set(host, fromHost + 1)
    const connection = new Connection(accepted, {
      listener,
      pool: this.pool,
      budget: this.budget,
      frameBytesMax: this.#options.frameBytesMax,
      service: this.#options.service,
      monotonicMs: this.#options.monotonicMs,
      onClosed: (closed, cause) => this.#forget(closed, host, cause),
    })
    this.#connections.add(connection)
  }

  #forget(connection: Connection, host: string, cause: Error | null): void {
    this.#connections.delete(connection)
    const left = (this.#countByHost.get(host) ?? 1) - 1
    if (left === 0) this.#countByHost.delete(host)
    else this.#countByHost.set(host, left)
    this.#options.onConnectionClosed(connection, cause)
  }

  #closeIdle(): void {
    const nowMs = this.#options.monotonicMs()
    let active = false
    for (const connection of this.#connections) {
      const quietMs = nowMs - connection.lastActiveMs
      if (connection.idle && quietMs > this.#options.idleMaxMs) connection.close(null)
      else if (quietMs < idleCheckMaxMs) active = true
    }
    if (!active) this.pool.trim()
  }

  /**
   * Takes no more connections; existing ones are answered what they asked, within `graceMs`, then
   * closed.
   */
  async close(graceMs: number): Promise<void> {
    if (this.#idleTimer !== null) clearInterval(this.#idleTimer)
    for (const bound of this.#bound.splice(0)) bound.stop()
    for (const connection of this.#connections) connection.drain()
    const endMs = this.#options.monotonicMs() + graceMs
    while (this.#connections.size > 0 && this.#options.monotonicMs() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const connection of this.#connections) connection.close(null)
  }
}
