// The context of one request: who asks, and the pooled memory that its response borrows until it is
// sent.

import type { RequestContext } from '../handlers/handler.ts'
import type { Chunk, ChunkPool } from '../network/chunk-pool.ts'
import type { Connection } from '../network/connection.ts'

export class ConnectionRequestContext implements RequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly connection: Connection
  readonly #pool: ChunkPool
  #borrowed: Chunk[] | null = null

  constructor(o: {
    apiVersion: number
    clientId: string | null
    connection: Connection
    pool: ChunkPool
  }) {
    this.apiVersion = o.apiVersion
    this.clientId = o.clientId
    this.connection = o.connection
    this.#pool = o.pool
  }

  get principal(): string {
    return this.connection.principal
  }

  get clientHost(): string {
    return this.connection.remoteHost
  }

  get listener(): string {
    return this.connection.listener
  }

  get signal(): AbortSignal {
    return this.connection.signal
  }

  allocate(sizeBytes: number): Buffer {
    const chunk = this.#pool.acquire(sizeBytes)
    if (this.#borrowed === null) this.#borrowed = [chunk]
    else this.#borrowed.push(chunk)
    return chunk.buffer
  }

  /** Gives the borrowed memory back; undefined when nothing was borrowed. */
  get release(): (() => void) | undefined {
    const borrowed = this.#borrowed
    if (borrowed === null) return undefined
    return () => {
      for (const chunk of borrowed.splice(0)) chunk.release()
    }
  }
}
