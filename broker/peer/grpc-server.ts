// The main thread's gRPC server, by which other nodes and native clients reach this broker. Owns
// the socket; the services are added by whoever wires the node, before it starts.

import { Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { serverOptions } from '@samsa/proto/grpc/options'
import type { Address } from './controller-addresses.ts'
import { closeServer, listen } from './grpc-listen.ts'

/** Streams of followers end with the connection; nobody is to be waited for. */
const closeGraceMs = 100

export class PeerServer {
  readonly #server = new Server(serverOptions)

  /** The methods as proto/grpc/gen has them, and their handlers by the same names. */
  add(methods: ServiceDefinition, handlers: UntypedServiceImplementation): void {
    this.#server.addService(methods, handlers)
  }

  /** Resolves with the port. */
  start(address: Address): Promise<number> {
    return listen(this.#server, address)
  }

  close(): Promise<void> {
    return closeServer(this.#server, closeGraceMs)
  }
}
