// What brokers ask each other about transactions, as bytes, by gRPC: both ends. Owns a client for
// each broker that was asked, and knows nothing of what the bytes say.

import type { Client, sendUnaryData } from '@grpc/grpc-js'
import type { BrokerId, MetadataImage } from '@samsa/controller/image'
import { callUnary } from '@samsa/proto/grpc/calls'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import {
  type Message,
  type MessageInit,
  Transactions,
  type TransactionsHandlers,
} from '@samsa/proto/grpc/gen/transactions'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import { status } from '@samsa/proto/grpc/status-codes'
import { BrokerError } from '../errors.ts'
import { textOf } from './controller-addresses.ts'
import type { GrpcServer } from './grpc-server.ts'

export type TransactionMethod = 'writeMarkers' | 'addPartitions'

export type TransactionService = Record<TransactionMethod, (body: Buffer) => Promise<Buffer>>

/** By which the brokers of a cluster know each other's gRPC servers. */
const grpcListener = 'SAMSA_GRPC'

/** Serves other brokers by what this one answers to itself. */
export function serveTransactionPeers(server: GrpcServer, service: TransactionService): void {
  const handlers: TransactionsHandlers = {
    writeMarkers: (call, done) => answer(service.writeMarkers(call.request.body), done),
    addPartitions: (call, done) => answer(service.addPartitions(call.request.body), done),
  }
  server.add(Transactions, handlers)
}

function answer(body: Promise<Buffer>, done: sendUnaryData<MessageInit>): void {
  body.then(
    (bytes) => done(null, { body: bytes }),
    (error: unknown) => done({ code: status.INTERNAL, details: String(error) }),
  )
}

export class TransactionPeers {
  readonly #image: () => MetadataImage
  readonly #credentials: NodeCredentials
  readonly #clients = new Map<BrokerId, { readonly target: string; readonly client: Client }>()

  constructor(image: () => MetadataImage, credentials: NodeCredentials) {
    this.#image = image
    this.#credentials = credentials
  }

  /** Rejects where the answer is not known: what was asked for may have been done. */
  async call(
    brokerId: BrokerId,
    method: TransactionMethod,
    body: Buffer,
    timeoutMs: number,
  ): Promise<Buffer> {
    const client = this.#clientOf(brokerId)
    const response: Message = await callUnary(client, Transactions[method], { body }, { timeoutMs })
    return response.body
  }

  #clientOf(brokerId: BrokerId): Client {
    const { brokers } = this.#image()
    const endpoint = brokers.get(brokerId)?.endpoints.find((e) => e.listener === grpcListener)
    if (endpoint === undefined) {
      throw new BrokerError('BROKER_NOT_AVAILABLE', `broker ${brokerId} has no gRPC endpoint`)
    }
    const target = textOf(endpoint)
    const known = this.#clients.get(brokerId)
    if (known?.target === target) return known.client
    known?.client.close()
    const credentials = this.#credentials(brokerId)
    const client = new (grpcJs().Client)(target, credentials, channelOptions)
    this.#clients.set(brokerId, { target, client })
    return client
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
