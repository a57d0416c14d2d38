// Where controllers are reached, and one caller for each address in use. Owns those callers. What
// the metadata says of an address comes before what the configuration does; this node's own
// controller is reached in its own way.

import type { MetadataImage } from '@samsa/controller/image'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import { type ControllerCaller, GrpcControllerCaller } from './controller-caller.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface OwnController {
  readonly nodeId: number
  readonly address: Address
  readonly caller: ControllerCaller
}

export interface ControllerAddressesOptions {
  /** This node's own controller, if it has one: asked before all others. */
  readonly own: OwnController | null
  /** controller.quorum.voters, by node id. */
  readonly voters: ReadonlyMap<number, Address>
  readonly bootstrap: readonly Address[]
  readonly credentials: NodeCredentials
}

/** More addresses than a quorum ever has: an old one's caller is closed. */
const callersMax = 16

export class ControllerAddresses {
  readonly #options: ControllerAddressesOptions
  readonly #callers = new Map<string, ControllerCaller>()

  constructor(options: ControllerAddressesOptions) {
    this.#options = options
  }

  /** Every address where a controller may be, each once, this node's own first. */
  all(image: MetadataImage): Address[] {
    const { own, voters, bootstrap } = this.#options
    const known = [...image.controllers.keys(), ...voters.keys()].map((id) => this.of(id, image))
    const first = own?.address ?? null
    const addresses = [first, ...known, ...bootstrap].filter((address) => address !== null)
    return [...new Map(addresses.map((address) => [textOf(address), address])).values()]
  }

  /** Where the controller of that node is; null when nobody has said. */
  of(nodeId: number, image: MetadataImage): Address | null {
    const { own, voters } = this.#options
    if (nodeId === own?.nodeId) return own.address
    const registered = image.controllers.get(nodeId)?.endpoints[0]
    return registered ?? voters.get(nodeId) ?? null
  }

  caller(address: Address): ControllerCaller {
    const { own } = this.#options
    const target = textOf(address)
    if (own !== null && target === textOf(own.address)) return own.caller
    const existing = this.#callers.get(target)
    if (existing !== undefined) {
      // The newest last.
      this.#callers.delete(target)
      this.#callers.set(target, existing)
      return existing
    }
    const caller = new GrpcControllerCaller(target, this.#options.credentials)
    this.#callers.set(target, caller)
    const [oldest] = this.#callers
    if (this.#callers.size > callersMax && oldest !== undefined) {
      this.#callers.delete(oldest[0])
      oldest[1].close()
    }
    return caller
  }

  /**
   * The next caller has a connection of its own: one that nobody answers on may wait for seconds
   * after the network is back, since TCP repeats itself ever more seldom. Calls under way go on.
   */
  renew(address: Address): void {
    const target = textOf(address)
    const caller = this.#callers.get(target)
    this.#callers.delete(target)
    caller?.close()
  }

  close(): void {
    this.#options.own?.caller.close()
    for (const caller of this.#callers.values()) caller.close()
    this.#callers.clear()
  }
}

export function textOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
