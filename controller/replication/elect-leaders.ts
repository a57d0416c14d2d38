// Elections that are asked for: ElectLeaders (KIP-183 preferred, KIP-460 unclean), and the
// rebalancing that takes leadership back to the preferred replicas now and then.

import type { DecideContext, Decision, TopicDefaults } from '../decision.ts'
import { outcomeOf, Refusal } from '../decision.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../image.ts'
import { electionsPerRebalanceMax } from '../limits.ts'
import type { NewRecord } from '../records/record.ts'
import type { ElectLeaders, ElectLeadersResult } from '../requests.ts'
import { changePartition, leaderAfter, noLeader, type PartitionChange } from './partition-change.ts'
import { surroundingsOf } from './surroundings.ts'

type ElectionType = ElectLeaders['electionType']

export function electLeaders(
  image: MetadataImage,
  { electionType, partitions }: ElectLeaders,
  { topicDefaults }: DecideContext,
): Decision<ElectLeadersResult[]> {
  const records: NewRecord[] = []
  const seen = new Set<PartitionImage>()
  const results: ElectLeadersResult[] = []
  const asked = partitions ?? everyPartition(image)
  for (const { topic: name, partitionIndex } of asked) {
    const outcome = outcomeOf(() => {
      const topic = image.topicsByName.get(name)
      if (topic === undefined) throw unknown(`No such topic as ${name}`)
      const partition = topic.partitions[partitionIndex]
      if (partition === undefined) throw unknown(`No such partition as ${name}-${partitionIndex}`)
      // Asked for twice, it has been elected the first time.
      if (seen.has(partition)) throw new Refusal('ELECTION_NOT_NEEDED', null)
      records.push(electLeader(image, { topic, partition, electionType }, topicDefaults))
      seen.add(partition)
    })
    if (partitions === null && outcome.error === 'ELECTION_NOT_NEEDED') continue
    results.push({ topic: name, partitionIndex, ...outcome })
  }
  return { records, response: results }
}

function* everyPartition(image: MetadataImage) {
  for (const { name, partitions } of image.topicsByName.values()) {
    for (const { index } of partitions) yield { topic: name, partitionIndex: index }
  }
}

function unknown(message: string): Refusal {
  return new Refusal('UNKNOWN_TOPIC_OR_PARTITION', message)
}

interface Asked {
  readonly topic: TopicImage
  readonly partition: PartitionImage
  readonly electionType: ElectionType
}

function electLeader(
  image: MetadataImage,
  { topic, partition, electionType }: Asked,
  defaults: TopicDefaults,
): PartitionChange {
  const preferred = electionType === 'preferred'
  const [preferredLeader = noLeader] = partition.replicas
  const satisfied = preferred ? partition.leader === preferredLeader : partition.leader !== noLeader
  if (satisfied) throw new Refusal('ELECTION_NOT_NEEDED', null)
  const surroundings = surroundingsOf(image, topic, defaults)
  const change = changePartition(partition, { election: electionType }, surroundings)
  const leader = leaderAfter(change, partition.leader)
  const elected = preferred ? leader === preferredLeader : leader !== noLeader
  if (change !== null && elected) return change
  throw new Refusal(
    preferred ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    null,
  )
}

export interface Rebalanced {
  readonly elections: number
  /** Whether there may be more to do than was done at once. */
  readonly more: boolean
}

/** Gives leadership back to the preferred replicas that are able; what there is in one round. */
export function rebalanceLeaders(
  image: MetadataImage,
  { topicDefaults }: Pick<DecideContext, 'topicDefaults'>,
): Decision<Rebalanced> {
  const records: NewRecord[] = []
  for (const topic of image.topicsById.values()) {
    const astray = topic.partitions.filter(({ leader, replicas }) => leader !== replicas[0])
    if (astray.length === 0) continue
    const surroundings = surroundingsOf(image, topic, topicDefaults)
    for (const partition of astray) {
      const change = changePartition(partition, { election: 'preferred' }, surroundings)
      const leader = leaderAfter(change, partition.leader)
      if (change === null || leader !== partition.replicas[0]) continue
      records.push(change)
      if (records.length < electionsPerRebalanceMax) continue
      return { records, response: { elections: records.length, more: true } }
    }
  }
  return { records, response: { elections: records.length, more: false } }
}
