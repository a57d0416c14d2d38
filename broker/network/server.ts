// Listens for clients. Owns the open connections, TLS handshakes under way included, and their
// limits: how many, how many from one address, how long idle. Knows nothing of the protocol;
// requests go to the service that it is given.

import type { Socket } from 'node:net'
import { type BoundServer, listen } from './accept.ts'
import { ChunkPool } from './chunk-pool.ts'
import { Connection, type ConnectionService } from './connection.ts'
import { idleCheckMaxMs, idleChecksPerTimeout } from './limits.ts'
import { RequestBudget } from './request-budget.ts'
import type { TlsAcceptor } from './tls-acceptor.ts'

export interface ListenerOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Null where connections are not encrypted. */
  readonly tls: TlsAcceptor | null
  /** Whose a new connection is, in Kafka's form. May throw: the connection is refused then. */
  readonly principalOf: (socket: Socket) => string
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
  /** Before its first frame. */
  readonly onConnectionOpened?: (connection: Connection) => void
  readonly onConnectionClosed: (connection: Connection, cause: Error | null) => void
  readonly onConnectionRefused: (host: string, reason: string) => void
}

export class NetworkServer {
  readonly pool = new ChunkPool()
  readonly budget: RequestBudget
  readonly #options: ServerOptions
  readonly #connections = new Set<Connection>()
  /** Connections whose TLS handshake is under way. */
  readonly #handshakes = new Set<Socket>()
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
    for (const listener of listeners) {
      const { name, host, port } = listener
      const bound = await listen({
        host,
        port,
        backlog,
        onSocket: (accepted) => this.#accept(listener, accepted),
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

  #accept(listener: ListenerOptions, accepted: Socket): void {
    const host = accepted.remoteAddress ?? ''
    const fromHost = this.#countByHost.get(host) ?? 0
    const { connectionsMax, connectionsPerIpMax } = this.#options
    const tooManyFromHost = fromHost >= connectionsPerIpMax(host)
    const count = this.#connections.size + this.#handshakes.size
    if (count >= connectionsMax || tooManyFromHost) {
      accepted.destroy()
      const limit = tooManyFromHost ? 'max.connections.per.ip' : 'max.connections'
      this.#options.onConnectionRefused(host, limit)
      return
    }
    this.#countByHost.set(host, fromHost + 1)
    if (listener.tls === null) this.#open(listener, accepted, host)
    else this.#handshake(listener, listener.tls, accepted, host)
  }

  #handshake(listener: ListenerOptions, tls: TlsAcceptor, accepted: Socket, host: string): void {
    this.#handshakes.add(accepted)
    accepted.on('error', () => accepted.destroy())
    tls.accept(accepted, {
      onSecure: (socket) => {
        this.#handshakes.delete(accepted)
        this.#open(listener, socket, host)
      },
      onFailed: (error) => {
        this.#handshakes.delete(accepted)
        accepted.destroy()
        this.#release(host)
        this.#options.onConnectionRefused(host, `TLS: ${error.message}`)
      },
    })
  }

  #open(listener: ListenerOptions, accepted: Socket, host: string): void {
    let principal: string
    try {
      principal = listener.principalOf(accepted)
    } catch (error) {
      accepted.destroy()
      this.#release(host)
      this.#options.onConnectionRefused(host, (error as Error).message)
      return
    }
    const connection = new Connection(accepted, {
      listener: listener.name,
      principal,
      pool: this.pool,
      budget: this.budget,
      frameBytesMax: this.#options.frameBytesMax,
      service: this.#options.service,
      monotonicMs: this.#options.monotonicMs,
      onClosed: (closed, cause) => this.#forget(closed, host, cause),
    })
    this.#connections.add(connection)
    this.#options.onConnectionOpened?.(connection)
  }

  #forget(connection: Connection, host: string, cause: Error | null): void {
    this.#connections.delete(connection)
    this.#release(host)
    this.#options.onConnectionClosed(connection, cause)
  }

  #release(host: string): void {
    const left = (this.#countByHost.get(host) ?? 1) - 1
    if (left === 0) this.#countByHost.delete(host)
    else this.#countByHost.set(host, left)
  }

  #closeIdle(): void {
    const nowMs = this.#options.monotonicMs()
    for (const connection of this.#connections) {
      const quietMs = nowMs - connection.lastActiveMs
      if (connection.idle && quietMs > this.#options.idleMaxMs) connection.close(null)
    }
    this.pool.trim()
  }

  /**
   * Takes no more connections; existing ones are answered what they asked, within `graceMs`, then
   * closed.
   */
  async close(graceMs: number): Promise<void> {
    if (this.#idleTimer !== null) clearInterval(this.#idleTimer)
    for (const bound of this.#bound.splice(0)) bound.stop()
    for (const socket of this.#handshakes) socket.destroy()
    for (const connection of this.#connections) connection.drain()
    const endMs = this.#options.monotonicMs() + graceMs
    while (this.#connections.size > 0 && this.#options.monotonicMs() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const connection of this.#connections) connection.close(null)
  }
}
