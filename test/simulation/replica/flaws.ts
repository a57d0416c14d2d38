// Mistakes that the simulator can be told to make around the product's code, so that it behaves as
// if the mistake were its own. What the product decides inside itself is broken by its rules.

import type { Controller } from '@samsa/controller/controller'
import type { MetadataImage, PartitionImage } from '@samsa/controller/image'
import type { AlterPartition, AlterPartitionResult } from '@samsa/controller/requests'

export type Flaw =
  /** Brokers take up their partitions by metadata that knows them as their former selves. */
  | 'starts early'
  | 'ignores min.insync.replicas'
  /** A follower counts with what was sent to it. */
  | 'counts what is sent'
  /** A follower takes what is meant for a subscription before its present one. */
  | 'takes old follows'
  /** A leader lets replicas follow that know another leader epoch. */
  | 'follows any epoch'
  /** A leader does not wait for replicas that it has asked the controller to take in. */
  | 'drops additions'
  /** A leader asks for replicas that are behind to be taken in. */
  | 'adds every replica'
  | 'one leader epoch'
  | 'acks early'
  /** A leader tells each follower that its log is a prefix. */
  | 'logs always agree'
  /** As before KIP-101. */
  | 'cuts to the high watermark'
  /** A log that is cut still knows the producers of what was cut off. */
  | 'keeps producers of what is cut'
  /** Appends count as written before they are. */
  | 'acks unwritten'
  | 'flushes nothing'
  | 'shows the log end'
  /** The controller lets any process of a broker into an ISR (before KIP-903). */
  | 'any broker epoch'
  /** The controller changes ISRs whatever they were changed from. */
  | 'any partition epoch'
  /** The controller takes every restart for one after a clean stop. */
  | 'clean restarts'
  | 'unclean elections'

export type Flaws = ReadonlySet<Flaw>

/** A controller with the flaws that are a controller's. */
export function flawedController(controller: Controller, flaws: Flaws): Controller {
  if (!flaws.has('any broker epoch') && !flaws.has('any partition epoch')) {
    if (!flaws.has('clean restarts')) return controller
  }
  const changed: Partial<Controller> = {
    alterPartition: (request) =>
      controller.alterPartition(forgiven(controller.image(), request, flaws)),
    registerBroker: (registration) => {
      const known = controller.image().brokers.get(registration.brokerId)
      const isForgiven = flaws.has('clean restarts') && known !== undefined
      const previousBrokerEpoch = isForgiven ? known.epoch : registration.previousBrokerEpoch
      return controller.registerBroker({ ...registration, previousBrokerEpoch })
    },
  }
  return new Proxy(controller, {
    get(target, name) {
      const own: unknown = Reflect.get(changed, name)
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function forgiven(image: MetadataImage, request: AlterPartition, flaws: Flaws): AlterPartition {
  const { brokerId, partitions } = request
  const anyBroker = flaws.has('any broker epoch')
  const anyPartition = flaws.has('any partition epoch')
  const epochOf = (id: number) => image.brokers.get(id)?.epoch ?? -1
  return {
    brokerId,
    brokerEpoch: anyBroker ? epochOf(brokerId) : request.brokerEpoch,
    partitions: partitions.map((item) => {
      const now = image.topicsById.get(item.topicId)?.partitions[item.partitionIndex]
      const { partitionEpoch } = anyPartition && now !== undefined ? now : item
      const newIsr = item.newIsr.map((member) => {
        return anyBroker ? { ...member, brokerEpoch: -1 } : member
      })
      return { ...item, newIsr, partitionEpoch }
    }),
  }
}

export interface Asking {
  readonly flaws: Flaws
  readonly image: MetadataImage
  readonly alterPartition: (request: AlterPartition) => Promise<AlterPartitionResult[]>
}

/** A leader's way to the controller with the flaws that are a leader's. */
export function flawedAlterPartition(
  request: AlterPartition,
  { flaws, image, alterPartition }: Asking,
): Promise<AlterPartitionResult[]> {
  if (flaws.has('adds every replica')) {
    const partitions = request.partitions.map((item) => {
      const now = image.topicsById.get(item.topicId)?.partitions[item.partitionIndex]
      const newIsr = (now?.replicas ?? []).map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
      return { ...item, newIsr }
    })
    return alterPartition({ ...request, partitions })
  }
  if (!flaws.has('drops additions')) return alterPartition(request)
  alterPartition(request).catch(() => undefined)
  return Promise.resolve(
    request.partitions.map(({ topicId, partitionIndex }) => {
      return { topicId, partitionIndex, error: 'INELIGIBLE_REPLICA', message: null }
    }),
  )
}

/** The metadata as a broker gets it. */
export function flawedImage(image: MetadataImage, flaws: Flaws): MetadataImage {
  if (!flaws.has('one leader epoch')) return image
  const sameEpoch = (partition: PartitionImage) => ({ ...partition, leaderEpoch: 0 })
  const topicsById = new Map(
    [...image.topicsById].map(([id, topic]) => {
      return [id, { ...topic, partitions: topic.partitions.map(sameEpoch) }]
    }),
  )
  const topicsByName = new Map([...topicsById.values()].map((topic) => [topic.name, topic]))
  return { ...image, topicsById, topicsByName }
}
