// Where replicas go when brokers leave and when a topic's number of replicas changes. Pure: the
// planner is that of `samsa partition`, told to move nothing but what has to move, unless brokers
// were added.

import { PlanError } from '@samsa/cli/plan/model'
import { makePlan } from '@samsa/cli/plan/plan'
import type { BrokerFacts, Reassignment } from '../cluster/admin.ts'
import type { PartitionFacts } from './facts.ts'

export interface LedPartition extends PartitionFacts {
  readonly leader: number
}

export interface ReplicaMoves {
  readonly moves: readonly Reassignment[]
  /** Why it cannot be done; null when it can. */
  readonly problem: string | null
}

interface ClusterState {
  readonly brokers: readonly BrokerFacts[]
  readonly partitions: readonly LedPartition[]
}

/** Takes every replica off the brokers that leave. */
export function planDrain(cluster: ClusterState, leaving: readonly number[]): ReplicaMoves {
  const isHeld = ({ replicas }: { replicas: readonly number[] }) =>
    replicas.some((id) => leaving.includes(id))
  return plan(cluster, { leaving, isMovable: isHeld })
}

/** Gives every partition of the topic so many replicas. */
export function planReplicas(cluster: ClusterState, topic: string, wanted: number): ReplicaMoves {
  const isMovable = (partition: { topic: string }) => partition.topic === topic
  return plan(cluster, { leaving: [], isMovable, replicationFactor: wanted })
}

/** Spreads replicas and leaders evenly over these brokers; those that leave are emptied, too. */
export function planBalance(
  cluster: ClusterState,
  brokers: readonly number[],
  leaving: readonly number[],
): ReplicaMoves {
  const isMovable = () => true
  return plan(cluster, { leaving, isMovable, among: brokers, isEven: true })
}

function plan(
  { brokers, partitions }: ClusterState,
  options: {
    readonly leaving: readonly number[]
    readonly isMovable: (partition: { topic: string; replicas: readonly number[] }) => boolean
    readonly replicationFactor?: number
    readonly among?: readonly number[]
    readonly isEven?: boolean
  },
): ReplicaMoves {
  const { leaving, among, isEven = false, ...rest } = options
  const staying = brokers.filter(
    ({ id }) => !leaving.includes(id) && (among === undefined || among.includes(id)),
  )
  try {
    const { moves } = makePlan({
      ...rest,
      brokers,
      targets: staying.filter(({ isFenced }) => !isFenced).map(({ id }) => id),
      // One that is down keeps what it has: it may be back before its replicas were copied.
      keepers: staying.map(({ id }) => id),
      partitions: partitions.map(({ isr, ...partition }) => ({
        ...partition,
        inSync: isr,
        sizeBytes: 0,
      })),
      onlyNeeded: !isEven,
    })
    const reassignments = moves.map(({ partition: { topic, index }, to }) => ({
      topic,
      partition: index,
      replicas: to,
    }))
    return { moves: reassignments, problem: null }
  } catch (error) {
    if (error instanceof PlanError) return { moves: [], problem: error.message }
    throw error
  }
}
