// Where voters listen. Kept by whoever knows the cluster; the transport asks, and tells what it
// heard.

import type { VoterId } from '../core/types.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface AddressBook {
  /** Where a voter may be, the likeliest first. While nothing is known, nothing is sent to it. */
  addressesOf(voter: VoterId): readonly Address[]
  /** A voter has said where it listens. */
  heard(voter: VoterId, address: Address): void
}
