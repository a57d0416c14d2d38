// How messages get from voter to voter. It may lose, double and reorder them; it must not alter
// them, and must hand over only what was addressed to this very voter: node and directory. Whoever
// speaks for a voter has been authenticated.

import type { Message } from '../core/messages.ts'
import type { VoterId } from '../core/types.ts'

export interface TransportEvents {
  receive(from: VoterId, message: Message): void
  /** That voter's process is not running, as far as can be told. */
  peerDown(peer: VoterId): void
}

export interface RaftTransport {
  /** Called once, before anything is sent. */
  start(events: TransportEvents): void
  /**
   * Never waits and never throws. What cannot be sent now is dropped: it would be out of date
   * later.
   */
  send(to: VoterId, message: Message): void
  close(): Promise<void>
}
