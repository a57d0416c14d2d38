// What the metadata quorum is told by the node that it runs in, and what it tells the node.

import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import type { RaftOptions } from '@samsa/raft/core/options'
import type { VoterId } from '@samsa/raft/core/types'
import type { RaftClock } from '@samsa/raft/driver/clock'
import type { RaftDirectory } from '@samsa/raft/driver/directory'
import type { Address } from '@samsa/raft/grpc/address-book'
import type { StaticVoter } from './addresses.ts'

/** For log lines and metrics. */
export interface QuorumEvents {
  /** This node waits for all other configured voters, to found a quorum with them. */
  forming(): void
  founding(): void
  /** It has no part in a quorum: it waits to be added, or asks for it. */
  waiting(asks: boolean): void
  /** A peer, or whoever was asked to let this node in, will not have it as it is. */
  refused(peer: VoterId | null, reason: string): void
  /** Files were damaged; what they held comes back from the other voters. */
  damaged(what: string): void
  /** The disk of the log is full, and what must be written waits; or there is room again. */
  diskFull(isFull: boolean): void
  quorumChanged(voters: readonly VoterId[]): void
}

export interface QuorumOptions {
  readonly nodeId: number
  /** Of the directory that holds the log, from its meta.properties. */
  readonly directoryId: string
  readonly directory: RaftDirectory
  /** controller.quorum.voters; this node among them, if it founds a quorum with them. */
  readonly voters: readonly StaticVoter[]
  /** controller.quorum.bootstrap.servers */
  readonly bootstrapServers: readonly Address[]
  /** controller.quorum.auto.join.enable */
  readonly autoJoin: boolean
  /** Where this node serves the Raft service, as the others reach it. */
  readonly ownAddress: () => Address
  /** Empty until it is known. */
  readonly clusterId: () => string
  /** What the metadata says of where a controller listens. */
  readonly registeredAddress: (nodeId: number) => Address | null
  /** Asked for when another controller is connected to. */
  readonly credentials: NodeCredentials
  /** Whether whoever calls may speak for that node. */
  readonly isNode: (call: { getPeer(): string }, nodeId: number) => boolean
  readonly clock: RaftClock
  /** Wall time. */
  readonly nowMs: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly events: QuorumEvents
  /** Other times than Raft's defaults. */
  readonly timing?: Pick<
    RaftOptions,
    'heartbeatMs' | 'electionTimeoutMinMs' | 'electionTimeoutMaxMs'
  >
}
