// What a rollout is decided on: the pods, the controller quorum and the partitions as they are now.

export type PodState =
  /** There is no pod. */
  | 'missing'
  /** Being deleted. */
  | 'terminating'
  /** It cannot come up as it is: a wrong image, no place for it, a crash after each start. */
  | 'stuck'
  /** On its way up; it may be recovering its logs. */
  | 'starting'
  | 'ready'

export interface RolloutNode {
  readonly id: number
  readonly pod: string
  readonly isBroker: boolean
  readonly isController: boolean
  readonly state: PodState
  /** Why its pod must be replaced; null when it is as it should be. */
  readonly restartReason: string | null
}

export interface PartitionFacts {
  readonly topic: string
  readonly index: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly minInsyncReplicas: number
}

export interface QuorumFacts {
  readonly voters: readonly number[]
  readonly leaderId: number
  /** Voters that are level with the leader; the leader is one of them. */
  readonly caughtUp: readonly number[]
}

export interface RolloutFacts {
  readonly nodes: readonly RolloutNode[]
  /** Null when the cluster cannot be asked. */
  readonly live: {
    readonly partitions: readonly PartitionFacts[]
    readonly quorum: QuorumFacts
  } | null
  /** What holds back every restart that nobody forces: a window, an approval; null for nothing. */
  readonly heldBack: string | null
  /** Brokers that may be down for the roll at the same time. */
  readonly parallelMax: number
}

export interface RolloutDecision {
  /** Pods to make, at once. */
  readonly create: readonly number[]
  /** Pods to replace now; leadership is moved away first where they are ready. */
  readonly restart: readonly number[]
  /** Who goes next, now or when nothing blocks any more; null when nobody has to. */
  readonly next: number | null
  readonly reason: string | null
  /** Pods that still have to be replaced. */
  readonly remaining: number
  readonly blockedBy: readonly string[]
}
