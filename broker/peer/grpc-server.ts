// A gRPC server, by which other nodes and native clients reach this one. Owns the socket that
// listens, and knows which nodes its connections are of; the services are added by whoever wires
// the node, before it starts. gRPC itself may wait for the first connection: a node that is alone
// need not load it.

import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { serverOptions } from '@samsa/proto/grpc/options'
import { status } from '@samsa/proto/grpc/status-codes'
import type { TlsAcceptor } from '../network/tls-acceptor.ts'
import type { NodeKeys } from '../security/tls/node-keys.ts'
import { nodeIdsOf } from '../security/tls/node-names.ts'
import type { Address } from './controller-addresses.ts'

/** Takes connections for a gRPC server that has none of its own to listen on. */
interface Served {
  readonly server: Server
  take(socket: Socket): void
}

/** What is asked of a call to know whose it is. */
export interface PeerCall {
  getPeer(): string
}

interface Secured {
  readonly keys: NodeKeys
  readonly acceptor: TlsAcceptor
}

/** Handshakes under way. Nodes are few, and clients of the storage API come one by one. */
const handshakesMax = 256

type Handler = UntypedServiceImplementation[string]
type UntypedHandler = (call: UntypedCall, answer?: (error: object) => void) => void
interface UntypedCall extends PeerCall {
  emit(event: 'error', error: object): unknown
}

export class GrpcServer {
  readonly #services: [ServiceDefinition, UntypedServiceImplementation][] = []
  readonly #listener: NetServer
  /** The nodes that a connection's certificate names, by the address of its other end. */
  readonly #nodes = new Map<string, ReadonlySet<number>>()
  readonly #handshakes = new Set<Socket>()
  #secured: Secured | null = null
  /** Whether anything here is for others than nodes. */
  #isPublic = false
  #served: Served | null = null
  #closed = false

  constructor() {
    // Served at once, in this very turn: nothing has been read from it yet.
    this.#listener = createServer({ noDelay: true }, (socket) => {
      if (this.#closed) socket.destroy()
      else if (this.#secured !== null) this.#shake(socket, this.#secured)
      else this.#serve().take(socket)
    })
  }

  /** For nodes only. Methods as proto/grpc/gen has them, and their handlers by the same names. */
  add(methods: ServiceDefinition, handlers: UntypedServiceImplementation): void {
    const guarded = Object.entries(handlers).map(([name, handler]) => [name, this.#guard(handler)])
    this.#services.push([methods, Object.fromEntries(guarded) as UntypedServiceImplementation])
  }

  /** For everybody whose certificate is trusted here. */
  addPublic(methods: ServiceDefinition, handlers: UntypedServiceImplementation): void {
    this.#isPublic = true
    this.#services.push([methods, handlers])
  }

  /** Resolves with the port; rejects when the address cannot be taken. Without keys: plaintext. */
  start({ host, port }: Address, keys: NodeKeys | null = null): Promise<number> {
    if (keys !== null) this.#secured = { keys, acceptor: keys.newAcceptor() }
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

  /** Whether a call may speak for that node. In plaintext everybody may. */
  isNode(call: PeerCall, nodeId: number): boolean {
    return this.#secured === null || this.#nodes.get(call.getPeer())?.has(nodeId) === true
  }

  #guard(handler: Handler | undefined): Handler {
    const guarded: UntypedHandler = (call, answer) => {
      const isOfNode = this.#secured === null || (this.#nodes.get(call.getPeer())?.size ?? 0) > 0
      if (isOfNode) return (handler as UntypedHandler)(call, answer)
      const refusal = { code: status.PERMISSION_DENIED, details: 'only nodes may ask for this' }
      if (answer === undefined) call.emit('error', refusal)
      else answer(refusal)
    }
    return guarded as Handler
  }

  #shake(socket: Socket, { keys, acceptor }: Secured): void {
    if (this.#handshakes.size >= handshakesMax) return void socket.destroy()
    const host = socket.remoteAddress ?? ''
    this.#handshakes.add(socket)
    socket.once('close', () => this.#handshakes.delete(socket))
    acceptor.accept(socket, {
      onSecure: (encrypted) => {
        this.#handshakes.delete(socket)
        const problem = this.#admit(encrypted)
        if (problem === null) return this.#serve().take(encrypted)
        encrypted.destroy()
        keys.refused(host, new Error(problem))
      },
      onFailed: (error) => {
        // Whoever only looks whether this node is there (raft/grpc/probe.ts) is refused nothing.
        const isGone = socket.destroyed && !/certificate|ssl|tls_/i.test(error.message)
        if (!isGone) keys.refused(host, error)
      },
    })
  }

  /** Why a connection is not served; null when it is. */
  #admit(socket: TLSSocket): string | null {
    if (this.#closed) return 'the node is stopping'
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined || !socket.authorized) return 'it shows no certificate'
    const nodes = nodeIdsOf(certificate)
    const shown = certificate.subjectAltName ?? certificate.subject
    if (nodes.size === 0 && !this.#isPublic) return `its certificate is for ${shown}, for no node`
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    this.#nodes.set(peer, nodes)
    socket.once('close', () => {
      if (this.#nodes.get(peer) === nodes) this.#nodes.delete(peer)
    })
    return null
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
    for (const socket of this.#handshakes) socket.destroy()
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
