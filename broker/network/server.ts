// Listens for clients. Owns the open connections, TLS handshakes under way included, and their
// limits: how many, how many from one address, how fast, how long idle. Knows nothing of the
// protocol; requests go to the service that it is given.

import type { Socket } from 'node:net'
import { type BoundServer, listen } from './accept.ts'
import { ChunkPool } from './chunk-pool.ts'
import { Connection, type ConnectionService } from './connection.ts'
import type { ConnectionRates } from './connection-rates.ts'
import {
  heldConnectionMaxMs,
  heldConnectionsMax,
  idleCheckMaxMs,
  idleChecksPerTimeout,
} from './limits.ts'
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
  readonly connectionsMax: () => number
  readonly connectionsPerIpMax: (host: string) => number
  readonly connectionsPerListenerMax: (listener: string) => number
  readonly rates: ConnectionRates
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
  /** Connections that wait for their turn, or for being turned away; nothing is read from them. */
  readonly #held = new Map<Socket, NodeJS.Timeout>()
  readonly #countByHost = new Map<string, number>()
  readonly #countByListener = new Map<string, number>()
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
    const host = (accepted.remoteAddress ?? '').replace(/^::ffff:/, '')
    const limit = this.#fullLimit(listener.name, host)
    if (limit !== null) return this.#refuse(accepted, host, limit)
    const { rates, monotonicMs } = this.#options
    const admission = rates.admit(listener.name, host, monotonicMs())
    const { afterMs } = admission
    const isFull = afterMs > 0 && this.#held.size >= heldConnectionsMax
    if (admission.type === 'refused' || isFull) {
      const why = admission.type === 'refused' ? admission.limit : 'max.connection.creation.rate'
      if (afterMs === 0 || isFull) return this.#refuse(accepted, host, why)
      // As in Kafka: who tries again at once is told late.
      this.#count(listener.name, host, 1)
      this.#hold(accepted, Math.min(afterMs, heldConnectionMaxMs), () => {
        this.#count(listener.name, host, -1)
        this.#refuse(accepted, host, why)
      })
      return
    }
    this.#count(listener.name, host, 1)
    if (afterMs === 0) this.#secure(listener, accepted, host)
    else this.#hold(accepted, afterMs, () => this.#secure(listener, accepted, host))
  }

  #fullLimit(listener: string, host: string): string | null {
    const { connectionsMax, connectionsPerIpMax, connectionsPerListenerMax } = this.#options
    const fromHost = this.#countByHost.get(host) ?? 0
    if (fromHost >= connectionsPerIpMax(host)) return 'max.connections.per.ip'
    const toListener = this.#countByListener.get(listener) ?? 0
    const count = this.#connections.size + this.#handshakes.size + this.#held.size
    const isFull = count >= connectionsMax() || toListener >= connectionsPerListenerMax(listener)
    return isFull ? 'max.connections' : null
  }

  #refuse(accepted: Socket, host: string, limit: string): void {
    accepted.destroy()
    this.#options.onConnectionRefused(host, limit)
  }

  #hold(accepted: Socket, delayMs: number, proceed: () => void): void {
    const timer = setTimeout(() => {
      this.#held.delete(accepted)
      accepted.off('error', destroy)
      proceed()
    }, delayMs)
    const destroy = () => void accepted.destroy()
    accepted.on('error', destroy)
    this.#held.set(accepted, timer)
  }

  #secure(listener: ListenerOptions, accepted: Socket, host: string): void {
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
        this.#count(listener.name, host, -1)
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
      this.#count(listener.name, host, -1)
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
    this.#count(connection.listener, host, -1)
    this.#options.onConnectionClosed(connection, cause)
  }

  #count(listener: string, host: string, change: 1 | -1): void {
    add(this.#countByHost, host, change)
    add(this.#countByListener, listener, change)
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
    for (const [socket, timer] of this.#held) {
      clearTimeout(timer)
      socket.destroy()
    }
    this.#held.clear()
    for (const socket of this.#handshakes) socket.destroy()
    for (const connection of this.#connections) connection.drain()
    const endMs = this.#options.monotonicMs() + graceMs
    while (this.#connections.size > 0 && this.#options.monotonicMs() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const connection of this.#connections) connection.close(null)
  }
}

function add(counts: Map<string, number>, name: string, change: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + change
  if (count <= 0) counts.delete(name)
  else counts.set(name, count)
}
