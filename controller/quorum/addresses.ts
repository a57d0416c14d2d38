// Where controllers may be: what they registered in the metadata, what the configuration says, and
// what they say of themselves. Any of it may be out of date, so all of it is tried.

import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { Address, AddressBook } from '@samsa/raft/grpc/address-book'

export interface StaticVoter extends Address {
  readonly nodeId: number
}

/** Voters that come and go with new directories must not fill the memory. */
const heardMax = 100

export class ControllerAddresses implements AddressBook {
  readonly #voters: readonly StaticVoter[]
  readonly #registered: (nodeId: number) => Address | null
  readonly #heard = new Map<VoterId, Address>()

  constructor(voters: readonly StaticVoter[], registered: (nodeId: number) => Address | null) {
    this.#voters = voters
    this.#registered = registered
  }

  addressesOf(voter: VoterId): readonly Address[] {
    const nodeId = nodeIdOf(voter)
    const known = [
      this.#registered(nodeId),
      this.#voters.find((each) => each.nodeId === nodeId),
      this.#heard.get(voter),
    ]
    const distinct = new Map<string, Address>()
    for (const address of known) {
      if (address === null || address === undefined || address.port === 0) continue
      const { host, port } = address
      distinct.set(`${host}:${port}`, { host, port })
    }
    return [...distinct.values()]
  }

  heard(voter: VoterId, address: Address): void {
    this.#heard.delete(voter)
    this.#heard.set(voter, address)
    if (this.#heard.size <= heardMax) return
    const [oldest] = this.#heard.keys()
    if (oldest !== undefined) this.#heard.delete(oldest)
  }
}
