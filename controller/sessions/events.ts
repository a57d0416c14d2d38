// What happens to the sessions of brokers, and what is to be done about it: plain data between the
// pure tracker and its shell.

import type { BrokerId } from '../image.ts'

/** One process of a broker: a restarted one registers anew and has another epoch. */
export interface BrokerProcess {
  readonly brokerId: BrokerId
  readonly epoch: number
}

/** What the metadata says of a registered broker. */
export interface BrokerStanding extends BrokerProcess {
  readonly fenced: boolean
}

/** A node that led the quorum, as the one that came after it saw it go. */
export interface SilentLeader {
  readonly brokerId: BrokerId
  readonly silentMs: number
}

export type SessionInput =
  /** This controller has become the active one; nobody has come to it yet. */
  | {
      readonly type: 'activated'
      readonly offset: number
      readonly brokers: readonly BrokerStanding[]
      readonly predecessor: SilentLeader | null
    }
  | { readonly type: 'deactivated' }
  /** The registrations as they are committed at `offset`. */
  | {
      readonly type: 'brokers'
      readonly offset: number
      readonly brokers: readonly BrokerStanding[]
    }
  /** The broker has registered over a stream that is open from now on. */
  | ({ readonly type: 'opened' } & BrokerProcess)
  | ({
      readonly type: 'heartbeat'
      readonly appliedOffset: number
      readonly wantsShutdown: boolean
    } & BrokerProcess)
  | ({ readonly type: 'closed' } & BrokerProcess)
  /** Whether the broker's address refused a connection; false where that cannot be told. */
  | ({ readonly type: 'probed'; readonly refused: boolean } & BrokerProcess)
  /** A controlled shutdown has come so far, by the metadata up to `offset`. */
  | ({
      readonly type: 'shutDown'
      readonly remainingLeaders: number
      readonly offset: number
    } & BrokerProcess)
  /** What was asked for was not done. */
  | ({ readonly type: 'failed'; readonly asked: AskedOfController } & BrokerProcess)
  /** Comes at least every `tickMs`. */
  | { readonly type: 'tick' }

/** Why a broker is taken out, for the log and the metrics. */
export type FenceReason =
  /** No heartbeat for a session. */
  | 'session timed out'
  /** Its stream is broken and its address refuses connections: there is no process. */
  | 'connection refused'
  /** It was told that it may stop, and went. */
  | 'stopped'

export type AskedOfController = 'fence' | 'unfence' | 'shutDown'

export type SessionEffect =
  | ({ readonly type: 'fence'; readonly reason: FenceReason } & BrokerProcess)
  | ({ readonly type: 'unfence' } & BrokerProcess)
  /** Try to connect to the broker's address, and tell how it went (`probed`), whatever happens. */
  | ({ readonly type: 'probe' } & BrokerProcess)
  /** Move its leaderships away, and tell how many remain (`shutDown`). */
  | ({ readonly type: 'shutDown' } & BrokerProcess)

export interface SessionOptions {
  /** A broker that is not heard of for so long is fenced. */
  readonly sessionTimeoutMs: number
  /** How long a broker that has yet to come to a new active controller counts as alive. */
  readonly claimMs: number
  /** Between two probes of one broker. */
  readonly probeIntervalMs: number
  readonly tickMs: number
  /** A longer time without any input means that this controller itself stood still. */
  readonly stallMs: number
}

/**
 * The session is five heartbeats long. A dead process is known by its refused connections, so that
 * only hosts that vanish wait for it.
 */
export const defaultSessionOptions: SessionOptions = {
  sessionTimeoutMs: 1_000,
  claimMs: 100,
  probeIntervalMs: 25,
  tickMs: 50,
  stallMs: 250,
}
