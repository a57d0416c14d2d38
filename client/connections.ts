// The connections to brokers, one for each address. Owns them; whoever asks for one must not close
// it.

import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import { SamsaError } from './errors.ts'
import { flowControlWindowBytes } from './limits.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** 'host:port', separated by commas or as an array. */
export function parseBootstrap(bootstrap: string | readonly string[]): string[] {
  const parts = typeof bootstrap === 'string' ? bootstrap.split(',') : bootstrap
  const addresses = parts.map((part) => part.trim()).filter((part) => part !== '')
  for (const address of addresses) {
    if (!/^(?:\[[^\]]+\]|[^:[\]]+):\d{1,5}$/.test(address)) {
      throw new SamsaError('INVALID_REQUEST', `'${address}' is not an address: write host:port`)
    }
  }
  if (addresses.length === 0) throw new SamsaError('INVALID_REQUEST', 'bootstrap has no address')
  return addresses
}

export class Connections {
  readonly #clients = new Map<string, Client>()
  readonly #credentials: ChannelCredentials
  #isClosed = false

  constructor(shown: ChannelCredentials = credentials.createInsecure()) {
    this.#credentials = shown
  }

  /** To 'host:port'. */
  to(address: string): Client {
    if (this.#isClosed) throw new SamsaError('NETWORK_EXCEPTION', 'the client is closed')
    const known = this.#clients.get(address)
    if (known !== undefined) return known
    const made = new Client(address, this.#credentials, {
      ...channelOptions,
      'grpc-node.flow_control_window': flowControlWindowBytes,
    })
    this.#clients.set(address, made)
    return made
  }

  close(): void {
    this.#isClosed = true
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
