// What the operator asks of a Samsa cluster itself. The interface only: steps and tests are written
// against it. Every call has a deadline and rejects with an AdminError that says whether trying
// again can help.

import type { Acl } from '@samsa/cli/client/acls'
import type { ScramCredential, ScramName } from '@samsa/cli/client/users'
import type { PartitionFacts, QuorumFacts } from '../rollout/facts.ts'

export class AdminError extends Error {
  override readonly name = 'AdminError'
  /** Kafka's name of the error; 'UNREACHABLE' when no node answered. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface BrokerFacts {
  readonly id: number
  readonly isFenced: boolean
  readonly rack: string | null
}

export interface ClusterFacts {
  readonly clusterId: string
  readonly brokers: readonly BrokerFacts[]
  readonly quorum: QuorumFacts & {
    readonly voterDirectories: ReadonlyMap<number, string>
    /** Controllers that follow the quorum without a vote, and their directories. */
    readonly observerDirectories: ReadonlyMap<number, string>
  }
  readonly partitions: readonly (PartitionFacts & { readonly leader: number })[]
  readonly reassigning: number
}

export interface TopicFacts {
  readonly topicId: string
  readonly partitions: readonly { readonly replicas: readonly number[] }[]
  /** Overrides of this topic only. */
  readonly config: Readonly<Record<string, string>>
}

export interface Reassignment {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
}

export interface ScramChange {
  readonly set: readonly ScramCredential[]
  readonly remove: readonly ScramName[]
}

export interface ClusterAdmin {
  describe(signal: AbortSignal): Promise<ClusterFacts>

  /** Null when there is none. */
  topic(name: string, signal: AbortSignal): Promise<TopicFacts | null>
  createTopic(
    topic: {
      readonly name: string
      /** -1: the cluster's default. */
      readonly partitions: number
      readonly replicas: number
      readonly config: Readonly<Record<string, string>>
    },
    signal: AbortSignal,
  ): Promise<void>
  createPartitions(topic: string, count: number, signal: AbortSignal): Promise<void>
  /** Sets these and removes the overrides that are not named. */
  setTopicConfig(
    topic: string,
    config: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>
  deleteTopic(topic: string, signal: AbortSignal): Promise<void>

  /** The cluster-wide dynamic broker configs that are set. */
  brokerDefaults(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  setBrokerDefaults(
    changes: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void>

  /** `throttle`: bytes a second that each broker copies at most; null: as fast as it can. */
  reassign(
    moves: readonly Reassignment[],
    throttle: number | null,
    signal: AbortSignal,
  ): Promise<void>
  /** Takes back what reassign has limited. */
  removeThrottles(signal: AbortSignal): Promise<void>
  unregisterBroker(id: number, signal: AbortSignal): Promise<void>
  addVoter(
    id: number,
    directoryId: string,
    host: string,
    port: number,
    signal: AbortSignal,
  ): Promise<void>
  removeVoter(id: number, directoryId: string, signal: AbortSignal): Promise<void>

  /** The mechanisms that a user can log in by. */
  scramOf(user: string, signal: AbortSignal): Promise<readonly ScramName[]>
  alterScram(user: string, change: ScramChange, signal: AbortSignal): Promise<void>

  /** All that name the principal. */
  aclsOf(principal: string, signal: AbortSignal): Promise<readonly Acl[]>
  alterAcls(
    change: { readonly add: readonly Acl[]; readonly remove: readonly Acl[] },
    signal: AbortSignal,
  ): Promise<void>
  /** Of the user by itself, not together with a client id. */
  quotasOf(user: string, signal: AbortSignal): Promise<Readonly<Record<string, number>>>
  /** null removes one. */
  alterQuotas(
    user: string,
    changes: Readonly<Record<string, number | null>>,
    signal: AbortSignal,
  ): Promise<void>
}
