// A gRPC server, by which other nodes and native clients reach this one. Owns the socket that
// listens; the services are added by whoever wires the node, before it starts. gRPC itself may wait
// for the first connection: a node that is alone need not load it.

import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { serverOptions } from '@samsa/proto/grpc/options'
import type { Address } from './controller-addresses.ts'

/** Takes connections for a gRPC server that has none of its own to listen on. */
interface Served {
  readonly server: Server
  take(socket: Socket): void
}

export class GrpcServer {
  readonly #services: [ServiceDefinition, UntypedServiceImplementation][] = []
  readonly #listener: NetServer
  #served: Served | null = null
  #closed = false

  constructor() {
    // Served at once, in this very turn: nothing has been read from it yet.
    this.#listener = createServer({ noDelay: true }, (socket) => {
      if (this.#closed) socket.destroy()
      else this.#serve().take(socket)
    })
  }

  /** The methods as proto/grpc/gen has them, and their handlers by the same names. */
  add(methods: ServiceDefinition, handlers: UntypedServiceImplementation): void {
    this.#services.push([methods, handlers])
  }

  /** Resolves with the port; rejects when the address cannot be taken. */
  start({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen({ host: host === '' ? '0.0.0.0' : host, port }, () => {
        this.#listener.off('error', reject)
        // A connection that could not be accepted is that client's trouble.
        this.#listener.on('error', () => {})
        resolve((this.#listener.address() as { readonly port: number }).port)
      })
    })
  }

  /** Loads what the first connection would wait for. */
  prepare(): void {
    if (!this.#closed) this.#serve()
  }

  #serve(): Served {
    this.#served ??= makeServed(this.#services)
    return this.#served
  }

  /** Calls under way get `graceMs` to end by themselves. Idempotent. */
  async close(graceMs: number): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#listener.close()
    const server = this.#served?.server
    if (server === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        server.forceShutdown()
        resolve()
      }, graceMs)
      server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function makeServed(
  services: Iterable<readonly [ServiceDefinition, UntypedServiceImplementation]>,
): Served {
  const { logVerbosity, Server: GrpcJsServer, ServerCredentials, setLogVerbosity } = grpcJs()
  // Whoever calls or serves is told of an error, and says it once.
  setLogVerbosity(logVerbosity.NONE)
  const server = new GrpcJsServer(serverOptions)
  for (const [methods, handlers] of services) server.addService(methods, handlers)
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return { server, take: (socket) => injector.injectConnection(socket) }
}
