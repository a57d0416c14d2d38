// Topics and brokers as one listener's clients see them: only brokers that are alive and have the
// listener count as there. What Metadata, DescribeTopicPartitions and DescribeCluster have in
// common.

import type {
  BrokerId,
  BrokerImage,
  Endpoint,
  MetadataImage,
  PartitionImage,
  TopicImage,
} from '@samsa/controller/image'
import { isInternalTopic, topicNameProblem } from '@samsa/controller/topic-names'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'

export interface BrokerView {
  readonly broker: BrokerImage
  readonly endpoint: Endpoint
}

export interface PartitionView {
  readonly errorCode: number
  readonly partitionIndex: number
  /** -1 when the leader cannot be reached on this listener. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly BrokerId[]
  readonly isrNodes: readonly BrokerId[]
  readonly offlineReplicas: readonly BrokerId[]
}

const noBrokers: readonly BrokerId[] = []

export class ListenerView {
  readonly image: MetadataImage
  readonly listener: string
  readonly #alive = new Map<BrokerId, BrokerView>()

  constructor(image: MetadataImage, listener: string) {
    this.image = image
    this.listener = listener
    for (const broker of image.brokers.values()) {
      const endpoint = endpointOf(broker, listener)
      if (!broker.fenced && endpoint !== undefined) this.#alive.set(broker.id, { broker, endpoint })
    }
  }

  aliveBrokers(): BrokerView[] {
    return [...this.#alive.values()]
  }

  /**
   * A broker that takes requests for the controller: the one that leads the quorum, or else any.
   */
  controllerId(): BrokerId {
    const { controllerId } = this.image
    if (this.#alive.has(controllerId)) return controllerId
    const [any] = this.#alive.keys()
    return any ?? -1
  }

  partition(partition: PartitionImage): PartitionView {
    const { index, leader, leaderEpoch, replicas, isr } = partition
    const reachable = this.#alive.has(leader)
    return {
      errorCode: reachable ? errorCodes.NONE : this.#leaderError(leader),
      partitionIndex: index,
      leaderId: reachable ? leader : -1,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      offlineReplicas: this.#offline(partition),
    }
  }

  #leaderError(leader: BrokerId): number {
    const broker = this.image.brokers.get(leader)
    return broker === undefined || broker.fenced
      ? errorCodes.LEADER_NOT_AVAILABLE
      : errorCodes.LISTENER_NOT_FOUND
  }

  #offline({ replicas, directories }: PartitionImage): readonly BrokerId[] {
    const offline = replicas.filter((id, position) => {
      const view = this.#alive.get(id)
      return view === undefined || !isOnline(view.broker, directories[position])
    })
    return offline.length === 0 ? noBrokers : offline
  }

  /** The replicas that are alive: all that Metadata version 0 can speak of. */
  alive(brokerIds: readonly BrokerId[]): readonly BrokerId[] {
    return brokerIds.filter((id) => this.#alive.has(id))
  }
}

/** A directory that is not known yet counts as online. */
function isOnline(broker: BrokerImage, directory: string | undefined): boolean {
  if (directory === undefined || directory === zeroUuid || broker.logDirs.length === 0) return true
  return broker.logDirs.includes(directory)
}

export function endpointOf(broker: BrokerImage, listener: string): Endpoint | undefined {
  return broker.endpoints.find((endpoint) => endpoint.listener === listener)
}

export interface TopicFields {
  readonly errorCode: number
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
}

export function topicFields({ name, id }: TopicImage): TopicFields {
  return { errorCode: errorCodes.NONE, name, topicId: id, isInternal: isInternalTopic(name) }
}

/** A topic that there is not: its name may be at fault. */
export function missingTopicFields(name: string): TopicFields {
  const isBad = topicNameProblem(name) !== null
  return {
    errorCode: isBad ? errorCodes.INVALID_TOPIC_EXCEPTION : errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    topicId: zeroUuid,
    isInternal: isInternalTopic(name),
  }
}
