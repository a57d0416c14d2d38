// Where controllers are reached, and one gRPC client for each address in use. Owns those clients.
// What the metadata says of an address comes before what the configuration does.

import { Client, credentials } from '@grpc/grpc-js'
import type { MetadataImage } from '@samsa/controller/image'
import { channelOptions } from '@samsa/proto/grpc/options'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ControllerAddressesOptions {
  /** This node's own controller, if it has one: asked before all others. */
  readonly own: Address | null
  /** controller.quorum.voters, by node id. */
  readonly voters: ReadonlyMap<number, Address>
  readonly bootstrap: readonly Address[]
}

/** More addresses than a quorum ever has: an old one's client is closed. */
const clientsMax = 16

export class ControllerAddresses {
  readonly #options: ControllerAddressesOptions
  readonly #clients = new Map<string, Client>()

  constructor(options: ControllerAddressesOptions) {
    this.#options = options
  }

  /** Every address where a controller may be, each once, this node's own first. */
  all(image: MetadataImage): Address[] {
    const { own, voters, bootstrap } = this.#options
    const known = [...image.controllers.keys(), ...voters.keys()].map((id) => this.of(id, image))
    const addresses = [own, ...known, ...bootstrap].filter((address) => address !== null)
    return [...new Map(addresses.map((address) => [textOf(address), address])).values()]
  }

  /** Where the controller of that node is; null when nobody has said. */
  of(nodeId: number, image: MetadataImage): Address | null {
    const registered = image.controllers.get(nodeId)?.endpoints[0]
    return registered ?? this.#options.voters.get(nodeId) ?? null
  }

  client(address: Address): Client {
    const target = textOf(address)
    const existing = this.#clients.get(target)
    if (existing !== undefined) {
      // The newest last.
      this.#clients.delete(target)
      this.#clients.set(target, existing)
      return existing
    }
    const client = new Client(target, credentials.createInsecure(), channelOptions)
    this.#clients.set(target, client)
    const [oldest] = this.#clients
    if (this.#clients.size > clientsMax && oldest !== undefined) {
      this.#clients.delete(oldest[0])
      oldest[1].close()
    }
    return client
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}

export function textOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
