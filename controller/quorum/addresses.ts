// Where controllers listen, by what is surest: what they registered in the metadata, what the
// configuration says, what they said of themselves.

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

  addressOf(voter: VoterId): Address | null {
    const nodeId = nodeIdOf(voter)
    return (
      this.#registered(nodeId) ??
      this.#voters.find((each) => each.nodeId === nodeId) ??
      this.#heard.get(voter) ??
      null
    )
  }

  heard(voter: VoterId, address: Address): void {
    this.#heard.delete(voter)
    this.#heard.set(voter, address)
    if (this.#heard.size <= heardMax) return
    const [oldest] = this.#heard.keys()
    if (oldest !== undefined) this.#heard.delete(oldest)
  }
}
