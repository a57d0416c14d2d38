// This broker as a client of other brokers' storage APIs, for what only one of them can answer.
// Owns one connection to each that was asked lately.

import type { Client } from '@grpc/grpc-js'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import { Storage } from '@samsa/proto/grpc/gen/storage'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import type { AskPeer } from './committed-offsets.ts'
import { StorageError } from './failure.ts'
import { peerTimeoutMs } from './limits.ts'

/** Marks a request as one that a broker passes on. */
export const passedOnKey = 'samsa-passed-on'

export class PeerStorage {
  /** By address. As many as there are brokers; those of addresses that changed go idle. */
  readonly #clients = new Map<string, Client>()
  readonly #credentials: NodeCredentials

  constructor(credentials: NodeCredentials) {
    this.#credentials = credentials
  }

  readonly fetchCommittedOffsets: AskPeer = ({ host, port }, request, signal) => {
    const { path, requestSerialize, responseDeserialize } = Storage.fetchCommittedOffsets
    const metadata = new (grpcJs().Metadata)()
    metadata.set(passedOnKey, '1')
    return new Promise((resolve, reject) => {
      const call = this.#client(host, port).makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + peerTimeoutMs },
        (error, response) => {
          signal.removeEventListener('abort', cancel)
          if (error === null && response !== undefined) return resolve(response.offsets)
          const text = `the broker at ${host}:${port} that keeps the group did not answer`
          reject(new StorageError('COORDINATOR_NOT_AVAILABLE', text, { cause: error }))
        },
      )
      const cancel = () => call.cancel()
      signal.addEventListener('abort', cancel, { once: true })
    })
  }

  #client(host: string, port: number): Client {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const known = this.#clients.get(address)
    if (known !== undefined) return known
    const made = new (grpcJs().Client)(address, this.#credentials(null), channelOptions)
    this.#clients.set(address, made)
    return made
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
