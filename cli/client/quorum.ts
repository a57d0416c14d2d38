// The controller quorum: who leads it, how far its members are, and changes of its members
// (KIP-595, KIP-853).

import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { throwIfError } from './errors.ts'

export interface Listener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface QuorumMember {
  readonly id: number
  readonly directoryId: string
  readonly isVoter: boolean
  readonly logEndOffset: number
  /** Milliseconds since 1970; -1 when not known. */
  readonly lastFetchMs: number
  readonly lastCaughtUpMs: number
  readonly listeners: readonly Listener[]
}

export interface Quorum {
  readonly leaderId: number
  readonly epoch: number
  readonly highWatermark: number
  readonly members: readonly QuorumMember[]
}

const topicName = '__cluster_metadata'

export async function describeQuorum(cluster: Cluster): Promise<Quorum> {
  return await cluster.retrying(async () => {
    const response = await cluster.toController('describeQuorum', {
      topics: [{ topicName, partitions: [{ partitionIndex: 0 }] }],
    })
    throwIfError(response.errorCode, 'the quorum', response.errorMessage)
    const partition = response.topics[0]?.partitions[0]
    throwIfError(partition?.errorCode ?? 0, 'the quorum', partition?.errorMessage)
    const listeners = new Map(response.nodes.map((node) => [node.nodeId, node.listeners]))
    const member = (isVoter: boolean) => (replica: Replica) => ({
      id: replica.replicaId,
      directoryId: replica.replicaDirectoryId,
      isVoter,
      logEndOffset: replica.logEndOffset,
      lastFetchMs: replica.lastFetchTimestamp,
      lastCaughtUpMs: replica.lastCaughtUpTimestamp,
      listeners: listeners.get(replica.replicaId) ?? [],
    })
    const byId = (a: QuorumMember, b: QuorumMember) => a.id - b.id
    return {
      leaderId: partition?.leaderId ?? -1,
      epoch: partition?.leaderEpoch ?? -1,
      highWatermark: partition?.highWatermark ?? -1,
      members: [
        ...(partition?.currentVoters ?? []).map(member(true)).sort(byId),
        ...(partition?.observers ?? []).map(member(false)).sort(byId),
      ],
    }
  })
}

type Replica =
  ResponseOf<'describeQuorum'>['topics'][number]['partitions'][number]['currentVoters'][number]

export interface Voter {
  readonly id: number
  readonly directoryId: string
}

export async function addVoter(
  cluster: Cluster,
  { id, directoryId, listeners }: Voter & { readonly listeners: readonly Listener[] },
): Promise<void> {
  // Not tried again by itself: it may have been done, and would then fail as a duplicate.
  const { errorCode, errorMessage } = await cluster.toController('addRaftVoter', {
    clusterId: cluster.clusterId,
    timeoutMs: cluster.requestTimeoutMs,
    voterId: id,
    voterDirectoryId: directoryId,
    listeners,
  })
  throwIfError(errorCode, `controller ${id}`, errorMessage)
}

export async function removeVoter(cluster: Cluster, { id, directoryId }: Voter): Promise<void> {
  const { errorCode, errorMessage } = await cluster.toController('removeRaftVoter', {
    clusterId: cluster.clusterId,
    voterId: id,
    voterDirectoryId: directoryId,
  })
  throwIfError(errorCode, `controller ${id}`, errorMessage)
}
