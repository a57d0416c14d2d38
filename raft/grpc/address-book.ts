// Where voters listen. Kept by whoever knows the cluster; the transport asks, and tells what it
// heard.

import type { VoterId } from '../core/types.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface AddressBook {
  /** Null when nothing is known: messages to that voter are dropped. */
  addressOf(voter: VoterId): Address | null
  /** A voter has said where it listens. */
  heard(voter: VoterId, address: Address): void
}
