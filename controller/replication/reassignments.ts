// AlterPartitionReassignments (KIP-455): other replicas for a partition while it goes on serving.
// The new ones are added first; the old ones leave once all that are wanted are in the ISR (see
// partition-change.ts). Cancelling goes back to the replicas from before; asking anew replaces what
// was asked before.

import { type DecideContext, type Decision, outcomeOf, Refusal } from '../decision.ts'
import type { BrokerId, MetadataImage, PartitionImage } from '../image.ts'
import { checkAssignment } from '../partitions.ts'
import type { NewRecord } from '../records/record.ts'
import type {
  AlterReassignments,
  AlterReassignmentsResult,
  PartitionReassignment,
} from '../requests.ts'
import {
  changePartition,
  type PartitionChange,
  type Surroundings,
  type Target,
} from './partition-change.ts'
import { surroundingsOf } from './surroundings.ts'

export function alterReassignments(
  image: MetadataImage,
  request: AlterReassignments,
  { topicDefaults }: DecideContext,
): Decision<AlterReassignmentsResult[]> {
  const records: NewRecord[] = []
  const seen = new Set<PartitionImage>()
  const response = request.reassignments.map((reassignment): AlterReassignmentsResult => {
    const { topic: name, partitionIndex } = reassignment
    const outcome = outcomeOf(() => {
      const topic = image.topicsByName.get(name)
      if (topic === undefined) throw unknown(`Unable to find a topic named ${name}.`)
      const partition = topic.partitions[partitionIndex]
      if (partition === undefined) {
        throw unknown(`Unable to find partition ${name}:${partitionIndex}.`)
      }
      if (seen.has(partition)) throw new Refusal('INVALID_REQUEST', 'Duplicate partition.')
      seen.add(partition)
      const surroundings = surroundingsOf(image, topic, topicDefaults)
      const change =
        reassignment.replicas === null
          ? cancel(reassignment, partition, surroundings)
          : reassign(
              image,
              { ...request, replicas: reassignment.replicas },
              partition,
              surroundings,
            )
      if (change !== null) records.push(change)
    })
    return { topic: name, partitionIndex, ...outcome }
  })
  return { records, response }
}

function unknown(message: string): Refusal {
  return new Refusal('UNKNOWN_TOPIC_OR_PARTITION', message)
}

export function isReassigning({ addingReplicas, removingReplicas }: PartitionImage): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

function cancel(
  { topic, partitionIndex }: PartitionReassignment,
  partition: PartitionImage,
  surroundings: Surroundings,
): PartitionChange | null {
  if (!isReassigning(partition)) throw new Refusal('NO_REASSIGNMENT_IN_PROGRESS', null)
  const { addingReplicas } = partition
  const replicas = excluding(partition.replicas, addingReplicas)
  if (replicas.length === 0) {
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      'Invalid replica assignment: addingReplicas contains all replicas.',
    )
  }
  const { uncleanElection } = surroundings.rules
  const isr = excluding(partition.isr, addingReplicas)
  const elr = excluding(partition.elr, addingReplicas)
  const target: Target = {
    isr,
    replicas,
    addingReplicas: [],
    removingReplicas: [],
  }
  if (isr.length > 0 || (partition.isr.length === 0 && elr.length > 0)) {
    return changePartition(partition, target, surroundings)
  }
  // Nobody that stays holds every committed record. Who does is given up for who can lead now, and
  // for nobody else.
  const leader = replicas.find((id) => surroundings.mayLead(partition, id))
  if (!uncleanElection || leader === undefined) {
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      `Unable to revert partition assignment for ${topic}:${partitionIndex} because ` +
        'it would require an unclean leader election.',
    )
  }
  return changePartition(partition, { ...target, isr: [leader], recovering: true }, surroundings)
}

interface Wanted {
  readonly replicas: readonly BrokerId[]
  readonly allowReplicationFactorChange: boolean
}

function reassign(
  image: MetadataImage,
  { replicas: wanted, allowReplicationFactorChange }: Wanted,
  partition: PartitionImage,
  surroundings: Surroundings,
): PartitionChange | null {
  checkAssignment(image, wanted, null)
  if (!allowReplicationFactorChange) checkReplicationFactor(partition, wanted)
  const original = excluding(partition.replicas, partition.addingReplicas)
  // New replicas of the reassignment before this one that are wanted no more: they leave at once,
  // unless nobody else is known to hold every committed record.
  const abandoned = excluding(partition.addingReplicas, wanted)
  const isr = excluding(partition.isr, abandoned)
  const holders = partition.isr.length > 0 ? isr : excluding(partition.elr, abandoned)
  const leaving = holders.length > 0 ? abandoned : []
  const staying = excluding(partition.replicas, leaving)
  const removingReplicas = excluding(staying, wanted).toSorted((a, b) => a - b)
  return changePartition(
    partition,
    {
      isr: leaving.length > 0 ? isr : partition.isr,
      replicas: [...wanted, ...removingReplicas],
      addingReplicas: excluding(wanted, original).toSorted((a, b) => a - b),
      removingReplicas,
    },
    surroundings,
  )
}

/** KIP-860: who moves replicas can ask for their number to stay as it is. */
function checkReplicationFactor(partition: PartitionImage, wanted: readonly BrokerId[]): void {
  const present = partition.replicas.length - partition.removingReplicas.length
  if (present === wanted.length) return
  throw new Refusal(
    'INVALID_REPLICATION_FACTOR',
    `The replication factor is changed from ${present} to ${wanted.length}`,
  )
}

function excluding(ids: readonly BrokerId[], others: readonly BrokerId[]): BrokerId[] {
  return ids.filter((id) => !others.includes(id))
}
