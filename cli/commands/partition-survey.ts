// What plans are made from: the brokers, all partitions, and their sizes, asked of the cluster
// once.

import type { Cluster } from '../client/cluster.ts'
import { type BrokerState, describeCluster } from '../client/cluster-state.ts'
import { type BrokerSizes, replicaSizes } from '../client/log-dirs.ts'
import {
  describePartitions,
  type PartitionName,
  type PartitionState,
} from '../client/partitions.ts'
import type { PartitionChoice } from '../command/arguments.ts'
import { CommandError } from '../errors.ts'
import type { PlanPartition } from '../plan/model.ts'

export interface Survey {
  readonly brokers: readonly BrokerState[]
  readonly partitions: readonly PlanPartition[]
}

export async function survey(cluster: Cluster): Promise<Survey> {
  const { brokers } = await describeCluster(cluster)
  const partitions = await describePartitions(cluster, null)
  const up = brokers.filter(({ fenced }) => !fenced).map(({ id }) => id)
  const sizes = await replicaSizes(cluster, up)
  return { brokers, partitions: partitions.map((partition) => planned(partition, sizes)) }
}

function planned(
  { topic, index, replicas, leader, isr }: PartitionState,
  sizes: ReadonlyMap<number, BrokerSizes>,
): PlanPartition {
  // A replica that has fallen behind is smaller than what will have to be copied.
  const known = replicas.map((id) => sizes.get(id)?.sizes.get(`${topic}-${index}`) ?? 0)
  return { topic, index, replicas, leader, inSync: isr, sizeBytes: Math.max(0, ...known) }
}

/** Throws for a choice that no partition answers to. */
export function checkChoices(
  partitions: readonly PartitionName[],
  choices: readonly PartitionChoice[],
): void {
  for (const { topic, indexes } of choices) {
    const found = partitions.filter((one) => one.topic === topic)
    if (found.length === 0) throw new CommandError(`there is no topic ${topic}`)
    for (const index of indexes ?? []) {
      if (!found.some((one) => one.index === index)) {
        throw new CommandError(`topic ${topic} has no partition ${index}`)
      }
    }
  }
}

/**
 * The brokers that partitions may be on: those that are named, or all. One that is down is never
 * taken by itself: a plan would fill it, or empty it, and both should be somebody's decision.
 */
export function targetsOf(
  { brokers }: Survey,
  named: readonly number[] | undefined,
): readonly number[] {
  for (const id of named ?? []) {
    const broker = brokers.find((one) => one.id === id)
    if (broker === undefined) throw new CommandError(`there is no broker ${id}`)
    if (broker.fenced) throw new CommandError(`broker ${id} is fenced, and cannot take partitions`)
  }
  if (named !== undefined) return named
  const fenced = brokers.filter((broker) => broker.fenced).map(({ id }) => id)
  if (fenced.length === 0) return brokers.map(({ id }) => id)
  throw new CommandError(
    `broker ${fenced.join(', ')} is fenced: bring it back, or name by --brokers those that ` +
      'partitions may be on',
  )
}
