// Where the leader is that a client should have asked, in the very answer that refuses it: a
// client that looks there saves a Metadata request (KIP-951). Collects the leaders that one
// response names.

import type { BrokerId } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Services } from '../../services.ts'
import { endpointOf } from './topic-view.ts'

export interface CurrentLeader {
  readonly leaderId: BrokerId
  readonly leaderEpoch: number
}

export interface NodeEndpoint {
  readonly nodeId: BrokerId
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Errors that mean that the client knows of another leader than there is. */
const leadershipErrors: ReadonlySet<number> = new Set([
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.FENCED_LEADER_EPOCH,
])

export class LeaderHints {
  readonly #services: Services
  readonly #listener: string
  readonly #endpoints = new Map<BrokerId, NodeEndpoint>()

  constructor(services: Services, listener: string) {
    this.#services = services
    this.#listener = listener
  }

  /** Of a partition that was refused with `errorCode`; undefined where there is nothing to say. */
  currentLeader(
    topicId: string | undefined,
    index: number,
    errorCode: number,
  ): CurrentLeader | undefined {
    if (!leadershipErrors.has(errorCode) || topicId === undefined) return undefined
    const partition = this.#services.metadata().topicsById.get(topicId)?.partitions[index]
    if (partition === undefined) return undefined
    const { leader, leaderEpoch } = partition
    // A broker that has lost the controller does not know who leads, only that it may not.
    if (leader === this.#services.nodeId && !this.#services.replicas.inContact) return undefined
    this.noteEndpoint(leader)
    return { leaderId: leader, leaderEpoch }
  }

  noteEndpoint(nodeId: BrokerId): void {
    const broker = this.#services.metadata().brokers.get(nodeId)
    const endpoint = broker === undefined ? undefined : endpointOf(broker, this.#listener)
    if (broker === undefined || endpoint === undefined) return
    const { host, port } = endpoint
    this.#endpoints.set(nodeId, { nodeId, host, port, rack: broker.rack })
  }

  /** Of all the leaders named; undefined for none. */
  nodeEndpoints(): NodeEndpoint[] | undefined {
    return this.#endpoints.size === 0 ? undefined : [...this.#endpoints.values()]
  }
}
