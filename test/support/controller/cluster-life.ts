// Random lives of a cluster: every request and every fate of a broker, in any order, each made of a
// few numbers, so that a failing life shrinks and can be played again. What a number means is
// picked from the image as it is then: most requests make sense, and some are out of date.

import {
  beginControlledShutdown,
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from '@samsa/controller/cluster'
import { incrementalAlterConfigs } from '@samsa/controller/configs'
import type { DecideContext } from '@samsa/controller/decision'
import { ControllerError } from '@samsa/controller/errors'
import { updateFeatures } from '@samsa/controller/feature-updates'
import { bootstrapRecords, eligibleLeaders } from '@samsa/controller/features'
import type {
  BrokerImage,
  MetadataImage,
  PartitionImage,
  TopicImage,
} from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { createPartitions } from '@samsa/controller/partitions'
import type { NewRecord } from '@samsa/controller/records/record'
import { alterPartition } from '@samsa/controller/replication/alter-partition'
import { withEffects } from '@samsa/controller/replication/config-effects'
import { assignDirectories } from '@samsa/controller/replication/directories'
import { electLeaders, rebalanceLeaders } from '@samsa/controller/replication/elect-leaders'
import { alterReassignments } from '@samsa/controller/replication/reassignments'
import { createTopics, deleteTopics } from '@samsa/controller/topics'
import { applied, decideContext, newTopic, registration } from './controllers.ts'

const brokerIds = [0, 1, 2, 3, 4]
const clusterId = 'cluster-1'

export const kinds = [
  'register',
  'restart',
  'fence',
  'unfence',
  'unfence',
  'shutDown',
  'unregister',
  'loseDirectory',
  'createTopic',
  'createPartitions',
  'deleteTopic',
  'alterConfig',
  'alterPartition',
  'alterPartition',
  'alterPartition',
  'alterPartition',
  'elect',
  'rebalance',
  'reassign',
  'reassign',
  'assignDirectory',
  'updateFeature',
] as const

export interface Step {
  readonly kind: (typeof kinds)[number]
  /** What is picked from, each by the remainder of its length. */
  readonly picks: readonly number[]
}

export interface Asked {
  readonly records: readonly NewRecord[]
  /** A broker whose process came anew without having stopped cleanly. */
  readonly lost?: number
  /** Replicas that the leader found to have caught up. */
  readonly caughtUp?: readonly number[]
  /** A directory whose contents are gone. */
  readonly lostDirectory?: string
  /** Elections from outside were asked for by name. */
  readonly uncleanAsked?: boolean
  /** Replicas were asked to change. */
  readonly reassigns?: boolean
}

const nothing: Asked = { records: [] }

function directoriesOf(brokerId: number, generation: number): string[] {
  // Every second broker has two disks.
  const count = brokerId % 2 === 0 ? 1 : 2
  return Array.from({ length: count }, (_, index) =>
    `dir-${brokerId}-${index}-gen-${generation}`.padEnd(22, 'A'),
  )
}

export class ClusterLife {
  image: MetadataImage
  readonly context: DecideContext = decideContext()
  #incarnations = 0
  #topics = 0

  constructor() {
    this.image = applied(emptyImage, bootstrapRecords(clusterId, { minInsyncReplicas: 1 }))
    for (const brokerId of brokerIds.slice(0, 4)) {
      this.image = applied(this.image, this.#register(brokerId, false, -1).records)
    }
    const topics = [newTopic('first', { numPartitions: 2, replicationFactor: 3 })]
    const { records } = createTopics(this.image, { topics, validateOnly: false }, this.context)
    this.image = applied(this.image, records)
  }

  /** What the step comes to; nothing, where it is refused as a whole. */
  ask(step: Step): Asked {
    try {
      return this.#ask(step.kind, new Picks(step.picks))
    } catch (error) {
      if (error instanceof ControllerError) return nothing
      throw error
    }
  }

  #ask(kind: Step['kind'], picks: Picks): Asked {
    const { image, context } = this
    const brokerId = picks.of(brokerIds) ?? 0
    const known = image.brokers.get(brokerId)
    // Now and then somebody from the past asks.
    const epoch = (known?.epoch ?? 0) - (picks.oneIn(8) ? 1 : 0)
    const broker = { brokerId, epoch }
    switch (kind) {
      case 'register':
      case 'restart':
        return this.#restart(brokerId, picks)
      case 'fence':
        return fenceBroker(image, broker, context)
      case 'unfence':
        return unfenceBroker(image, broker, context)
      case 'shutDown':
        return beginControlledShutdown(image, broker, context)
      case 'unregister':
        return picks.oneIn(3) ? unregisterBroker(image, brokerId, context) : nothing
      case 'loseDirectory': {
        const lostDirectory = picks.of(known?.logDirs ?? []) ?? ''
        return { ...this.#withoutDirectory(known, lostDirectory), lostDirectory }
      }
      case 'elect':
        return this.#elect(picks)
      case 'rebalance':
        return rebalanceLeaders(image, context)
      case 'updateFeature':
        return this.#updateFeature(picks)
      default:
        return this.#askOfTopic(kind, picks)
    }
  }

  #askOfTopic(kind: Step['kind'], picks: Picks): Asked {
    const { image, context } = this
    if (kind === 'createTopic') return this.#createTopic(picks)
    const topic = picks.of([...image.topicsById.values()])
    const partition = picks.of(topic?.partitions ?? [])
    if (topic === undefined || partition === undefined) return nothing
    switch (kind) {
      case 'createPartitions': {
        const topics = [{ name: topic.name, count: topic.partitions.length + 1, assignments: null }]
        return createPartitions(image, { topics, validateOnly: false }, context)
      }
      case 'deleteTopic': {
        const topics = [{ name: topic.name, topicId: null }]
        return picks.oneIn(3) ? deleteTopics(image, { topics }) : nothing
      }
      case 'alterConfig':
        return this.#alterConfig(topic, picks)
      case 'alterPartition':
        return this.#alterPartition(topic, partition, picks)
      case 'reassign':
        return this.#reassign(topic, partition, picks)
      default:
        return this.#assignDirectory(topic, partition, picks)
    }
  }

  #register(brokerId: number, fenced: boolean, previousBrokerEpoch: number, generation = 0) {
    const incarnationId = `process-${++this.#incarnations}`.padEnd(22, 'A')
    const logDirs = directoriesOf(brokerId, generation)
    const given = { brokerId, clusterId, incarnationId, fenced, previousBrokerEpoch, logDirs }
    return registerBroker(this.image, registration(given), this.context)
  }

  /** The process goes on with the disks that it has left. */
  #withoutDirectory(broker: BrokerImage | undefined, lost: string): Asked {
    if (broker === undefined) return nothing
    const { id: brokerId, incarnationId } = broker
    const logDirs = broker.logDirs.filter((directoryId) => directoryId !== lost)
    const given = registration({ brokerId, clusterId, incarnationId, logDirs })
    return registerBroker(this.image, given, this.context)
  }

  #restart(brokerId: number, picks: Picks): Asked {
    const known = this.image.brokers.get(brokerId)
    const cleanly = picks.oneIn(2)
    // Its disks may have been replaced, which no process that stops cleanly lives to see.
    const generation = !cleanly && picks.oneIn(4) ? this.#incarnations : 0
    const previousEpoch = cleanly ? (known?.epoch ?? -1) : -1
    const asked = this.#register(brokerId, picks.oneIn(2), previousEpoch, generation)
    return cleanly && known !== undefined ? asked : { ...asked, lost: brokerId }
  }

  #createTopic(picks: Picks): Asked {
    const name = `topic-${++this.#topics}`
    const manual = [{ partitionIndex: 0, brokerIds: picks.some(brokerIds) }]
    const topic = picks.oneIn(2)
      ? newTopic(name, { numPartitions: -1, replicationFactor: -1, assignments: manual })
      : newTopic(name, { numPartitions: 2, replicationFactor: picks.of([1, 2, 3, 4]) ?? 1 })
    const request = { topics: [topic], validateOnly: false }
    return createTopics(this.image, request, this.context)
  }

  #alterConfig({ name }: TopicImage, picks: Picks): Asked {
    const resource = picks.oneIn(3)
      ? ({ type: 'broker', name: '' } as const)
      : ({ type: 'topic', name } as const)
    const operation = picks.oneIn(4) ? 'delete' : 'set'
    const change = picks.oneIn(2)
      ? { name: 'unclean.leader.election.enable', value: `${picks.oneIn(3)}` }
      : { name: 'min.insync.replicas', value: `${picks.of([1, 2, 2, 3])}` }
    const resources = [{ ...resource, changes: [{ ...change, operation } as const] }]
    const request = { resources, validateOnly: false }
    const decision = incrementalAlterConfigs(this.image, request, this.context)
    return withEffects(this.image, decision, this.context.topicDefaults)
  }

  #alterPartition({ id }: TopicImage, partition: PartitionImage, picks: Picks): Asked {
    const { image, context } = this
    const { leader } = partition
    const epochs = (brokerId: number) => image.brokers.get(brokerId)?.epoch ?? -1
    // Mostly those that are able, so that ISRs grow again.
    const active = partition.replicas.filter((each) => image.brokers.get(each)?.fenced === false)
    const isr = picks.oneIn(2) ? active : [leader, ...picks.some(partition.replicas)]
    const newIsr = [...new Set(isr)].map((brokerId) => ({
      brokerId,
      brokerEpoch: epochs(brokerId) - (picks.oneIn(16) ? 1 : 0),
    }))
    const item = {
      topicId: id,
      partitionIndex: partition.index,
      leaderEpoch: partition.leaderEpoch + (picks.oneIn(16) ? 1 : 0),
      partitionEpoch: partition.partitionEpoch - (picks.oneIn(16) ? 1 : 0),
      newIsr,
      recovering: partition.recovering && picks.oneIn(2),
    }
    const request = { brokerId: leader, brokerEpoch: epochs(leader), partitions: [item] }
    return { ...alterPartition(image, request, context), caughtUp: isr }
  }

  #elect(picks: Picks): Asked {
    const electionType = picks.oneIn(2) ? 'preferred' : 'unclean'
    const unclean = electionType === 'unclean'
    // Unclean elections of everything at once would leave little to look at.
    const topic = picks.of([...this.image.topicsById.values()])
    const partition = picks.of(topic?.partitions ?? [])
    const one = [{ topic: topic?.name ?? '', partitionIndex: partition?.index ?? 0 }]
    const partitions = unclean || picks.oneIn(2) ? one : null
    if (unclean && !picks.oneIn(4)) return nothing
    const asked = electLeaders(this.image, { electionType, partitions }, this.context)
    return { ...asked, uncleanAsked: unclean }
  }

  #reassign(topic: TopicImage, partition: PartitionImage, picks: Picks): Asked {
    const replicas = picks.oneIn(4) ? null : picks.some(brokerIds)
    const asked = { topic: topic.name, partitionIndex: partition.index, replicas }
    const allowReplicationFactorChange = !picks.oneIn(4)
    const request = { reassignments: [asked], allowReplicationFactorChange }
    return { ...alterReassignments(this.image, request, this.context), reassigns: true }
  }

  #assignDirectory({ id }: TopicImage, partition: PartitionImage, picks: Picks): Asked {
    const brokerId = picks.of(partition.replicas) ?? -1
    const broker = this.image.brokers.get(brokerId)
    const lost = 'AAAAAAAAAAAAAAAAAAAAAQ'
    const directoryId = picks.oneIn(4) ? lost : (picks.of(broker?.logDirs ?? []) ?? lost)
    const assignments = [{ directoryId, topicId: id, partitionIndex: partition.index }]
    const request = { brokerId, brokerEpoch: broker?.epoch ?? -1, assignments }
    return assignDirectories(this.image, request, this.context)
  }

  #updateFeature(picks: Picks): Asked {
    const maxVersionLevel = picks.oneIn(3) ? 0 : 1
    const upgradeType = maxVersionLevel === 0 ? 'safe-downgrade' : 'upgrade'
    const updates = [{ name: eligibleLeaders.name, maxVersionLevel, upgradeType } as const]
    return updateFeatures(this.image, { updates, validateOnly: false }, this.context)
  }
}

/** Numbers that are used up one after the other, and begin anew. */
class Picks {
  readonly #numbers: readonly number[]
  #next = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  #number(): number {
    const index = this.#next++
    // Another turn goes by other digits of the same numbers.
    const number = this.#numbers[index % this.#numbers.length] ?? 0
    return Math.floor(number / 7 ** Math.floor(index / this.#numbers.length))
  }

  of<T>(items: readonly T[]): T | undefined {
    return items[this.#number() % Math.max(1, items.length)]
  }

  oneIn(count: number): boolean {
    return this.#number() % count === count - 1
  }

  /** One to four of them, without repetition. */
  some<T>(items: readonly T[]): T[] {
    const left = [...items]
    const count = 1 + (this.#number() % Math.min(4, left.length))
    return Array.from({ length: count }, () => left.splice(this.#number() % left.length, 1)).flat()
  }
}
