// An image being changed by records, and the image and delta that come of it. Replay functions work
// through a draft and nothing else does; the image it began from never changes, so a draft can be
// thrown away at any point.

import type {
  AccessControlEntry,
  BrokerId,
  BrokerImage,
  ClientQuotaImage,
  ConfigOverrides,
  ConfigResource,
  ControllerImage,
  DelegationToken,
  MetadataDelta,
  MetadataImage,
  PartitionImage,
  ScramCredential,
  TopicId,
  TopicImage,
} from '../image.ts'
import { configKey } from '../image.ts'
import { hasCollisionChars, unifiedName } from '../topic-names.ts'
import { type BrokerIndex, BrokerIndexDraft } from './broker-index.ts'
import { MapDraft, PersistentMap } from './persistent-map.ts'

interface PersistentImage extends MetadataImage {
  readonly brokers: PersistentMap<BrokerId, BrokerImage>
  readonly controllers: PersistentMap<BrokerId, ControllerImage>
  readonly topicsByName: PersistentMap<string, TopicImage>
  readonly topicsById: PersistentMap<TopicId, TopicImage>
  readonly replicaCounts: BrokerIndex
  readonly configs: PersistentMap<string, ConfigOverrides>
  readonly features: PersistentMap<string, number>
  readonly clientQuotas: PersistentMap<string, ClientQuotaImage>
  readonly accessControlEntries: PersistentMap<string, AccessControlEntry>
  readonly scramCredentials: PersistentMap<string, ScramCredential>
  readonly delegationTokens: PersistentMap<string, DelegationToken>
  readonly collidingNames: PersistentMap<string, readonly string[]>
}

export const emptyImage: MetadataImage = {
  offset: -1,
  clusterId: '',
  controllerId: -1,
  brokers: PersistentMap.empty(),
  controllers: PersistentMap.empty(),
  topicsByName: PersistentMap.empty(),
  topicsById: PersistentMap.empty(),
  replicaCounts: PersistentMap.empty(),
  configs: PersistentMap.empty(),
  features: PersistentMap.empty(),
  clientQuotas: PersistentMap.empty(),
  accessControlEntries: PersistentMap.empty(),
  scramCredentials: PersistentMap.empty(),
  delegationTokens: PersistentMap.empty(),
  nextProducerId: 0,
  nextBrokerEpoch: 0,
  collidingNames: PersistentMap.empty(),
} satisfies PersistentImage

interface TopicDraft {
  readonly name: string
  readonly id: TopicId
  readonly partitions: PartitionImage[]
}

export interface Advanced {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
}

export class MetadataDraft {
  readonly base: MetadataImage
  readonly brokers: MapDraft<BrokerId, BrokerImage>
  readonly controllers: MapDraft<BrokerId, ControllerImage>
  readonly features: MapDraft<string, number>
  readonly clientQuotas: MapDraft<string, ClientQuotaImage>
  readonly accessControlEntries: MapDraft<string, AccessControlEntry>
  readonly scramCredentials: MapDraft<string, ScramCredential>
  readonly delegationTokens: MapDraft<string, DelegationToken>
  clusterId: string
  nextProducerId: number
  nextBrokerEpoch: number

  readonly #topicsByName: MapDraft<string, TopicImage>
  readonly #topicsById: MapDraft<TopicId, TopicImage>
  readonly #brokerIndex: BrokerIndexDraft
  readonly #configs: MapDraft<string, ConfigOverrides>
  readonly #collidingNames: MapDraft<string, readonly string[]>
  /** Topics being changed; their partition arrays are this draft's own. */
  readonly #openTopics = new Map<TopicId, TopicDraft>()
  readonly #deletedTopics = new Map<TopicId, TopicImage>()
  /** Configs being changed, by key; this draft's own maps. */
  readonly #openConfigs = new Map<string, Map<string, string>>()

  constructor(base: MetadataImage) {
    const from = base as PersistentImage
    this.base = base
    this.clusterId = base.clusterId
    this.nextProducerId = base.nextProducerId
    this.nextBrokerEpoch = base.nextBrokerEpoch
    this.brokers = new MapDraft(from.brokers)
    this.controllers = new MapDraft(from.controllers)
    this.features = new MapDraft(from.features)
    this.clientQuotas = new MapDraft(from.clientQuotas)
    this.accessControlEntries = new MapDraft(from.accessControlEntries)
    this.scramCredentials = new MapDraft(from.scramCredentials)
    this.delegationTokens = new MapDraft(from.delegationTokens)
    this.#topicsByName = new MapDraft(from.topicsByName)
    this.#topicsById = new MapDraft(from.topicsById)
    this.#brokerIndex = new BrokerIndexDraft(from.replicaCounts)
    this.#configs = new MapDraft(from.configs)
    this.#collidingNames = new MapDraft(from.collidingNames)
  }

  topic(id: TopicId): TopicImage | undefined {
    return this.#openTopics.get(id) ?? this.#topicsById.get(id)
  }

  topicNamed(name: string): TopicImage | undefined {
    const topic = this.#topicsByName.get(name)
    return topic === undefined ? undefined : this.topic(topic.id)
  }

  addTopic(name: string, id: TopicId): void {
    const topic: TopicDraft = { name, id, partitions: [] }
    this.#openTopics.set(id, topic)
    this.#topicsByName.set(name, topic)
    this.#topicsById.set(id, topic)
    if (hasCollisionChars(name)) this.#changeColliding(name, (names) => [...names, name])
  }

  removeTopic(topic: TopicImage): void {
    const before = this.base.topicsById.get(topic.id)
    if (before !== undefined) this.#deletedTopics.set(topic.id, before)
    this.#brokerIndex.deleted(topic)
    this.#openTopics.delete(topic.id)
    this.#topicsByName.delete(topic.name)
    this.#topicsById.delete(topic.id)
    this.setConfigs({ type: 'topic', name: topic.name }, new Map())
    if (hasCollisionChars(topic.name)) {
      this.#changeColliding(topic.name, (names) => names.filter((name) => name !== topic.name))
    }
  }

  #changeColliding(name: string, change: (names: readonly string[]) => readonly string[]): void {
    const key = unifiedName(name)
    const names = change(this.#collidingNames.get(key) ?? [])
    if (names.length === 0) this.#collidingNames.delete(key)
    else this.#collidingNames.set(key, names)
  }

  setPartition(topic: TopicImage, partition: PartitionImage): void {
    let open = this.#openTopics.get(topic.id)
    if (open === undefined) {
      open = { name: topic.name, id: topic.id, partitions: [...topic.partitions] }
      this.#openTopics.set(topic.id, open)
    }
    const before = open.partitions[partition.index]?.replicas
    this.#brokerIndex.moved(topic.id, before, partition.replicas)
    open.partitions[partition.index] = partition
  }

  configs(resource: ConfigResource): ConfigOverrides | undefined {
    const key = configKey(resource.type, resource.name)
    return this.#openConfigs.get(key) ?? this.#configs.get(key)
  }

  setConfig(resource: ConfigResource, name: string, value: string | null): void {
    const key = configKey(resource.type, resource.name)
    let open = this.#openConfigs.get(key)
    if (open === undefined) {
      open = new Map(this.#configs.get(key))
      this.#openConfigs.set(key, open)
    }
    if (value === null) open.delete(name)
    else open.set(name, value)
  }

  setConfigs(resource: ConfigResource, configs: Map<string, string>): void {
    const key = configKey(resource.type, resource.name)
    if (configs.size > 0 || this.configs(resource) !== undefined)
      this.#openConfigs.set(key, configs)
  }

  /** The image with every change made, and the delta from the image it began with. */
  finish(offset: number, controllerId: BrokerId): Advanced {
    const changedTopics = new Set(this.#openTopics.keys())
    for (const topic of this.#openTopics.values()) {
      this.#topicsByName.set(topic.name, topic)
      this.#topicsById.set(topic.id, topic)
    }
    const changedConfigs = new Set(this.#openConfigs.keys())
    for (const [key, overrides] of this.#openConfigs) {
      if (overrides.size === 0) this.#configs.delete(key)
      else this.#configs.set(key, overrides)
    }
    const image: PersistentImage = {
      offset,
      clusterId: this.clusterId,
      controllerId,
      brokers: this.brokers.finish(),
      controllers: this.controllers.finish(),
      topicsByName: this.#topicsByName.finish(),
      topicsById: this.#topicsById.finish(),
      replicaCounts: this.#brokerIndex.finish(),
      configs: this.#configs.finish(),
      features: this.features.finish(),
      clientQuotas: this.clientQuotas.finish(),
      accessControlEntries: this.accessControlEntries.finish(),
      scramCredentials: this.scramCredentials.finish(),
      delegationTokens: this.delegationTokens.finish(),
      nextProducerId: this.nextProducerId,
      nextBrokerEpoch: this.nextBrokerEpoch,
      collidingNames: this.#collidingNames.finish(),
    }
    const delta: MetadataDelta = {
      from: this.base.offset,
      to: offset,
      changedTopics,
      deletedTopics: [...this.#deletedTopics.values()],
      changedConfigs,
      brokersChanged: this.brokers.changed,
      controllersChanged: this.controllers.changed,
      featuresChanged: this.features.changed,
      quotasChanged: this.clientQuotas.changed,
      securityChanged:
        this.accessControlEntries.changed ||
        this.scramCredentials.changed ||
        this.delegationTokens.changed,
    }
    return { image, delta }
  }
}
