// The operator's view of the API server: the resources that it serves and the objects that it made
// for them, and which cluster or topic each piece of news is about. Owns the informers. Tells; does
// nothing about it.

import { labelKeys } from '../desired/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { Informer } from '../kube/informer.ts'
import { type Kind, type KubeObject, kinds } from '../kube/objects.ts'
import { nameInKafka } from '../reconcile/topic-reconciler.ts'
import { userLabel } from '../reconcile/user-reconciler.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import type { Timers } from '../timers.ts'
import { NameIndex } from './name-index.ts'

export interface News {
  readonly cluster: (key: string, now: KafkaCluster | null, before: KafkaCluster | null) => void
  readonly topic: (key: string, now: KafkaTopic | null, before: KafkaTopic | null) => void
  readonly user: (key: string, now: KafkaUser | null, before: KafkaUser | null) => void
  /** Something that was made for this cluster has changed. */
  readonly owned: (clusterKey: string) => void
  /** Something that was made for this user has changed. */
  readonly ownedByUser: (userKey: string) => void
  readonly trouble: (kind: string, error: unknown) => void
}

export interface WatchesOptions {
  readonly client: KubeClient
  /** Empty: all. */
  readonly namespaces: readonly string[]
  readonly timers: Timers
  readonly random: () => number
  readonly news: News
}

/** What the operator makes and whose changes need a look. */
const ownedKinds: readonly Kind[] = [
  kinds.pod,
  kinds.volumeClaim,
  kinds.service,
  kinds.secret,
  kinds.serviceAccount,
  kinds.disruptionBudget,
  kinds.networkPolicy,
]

export class Watches {
  readonly #clusters: Informer<KafkaCluster & KubeObject>[]
  readonly #topics: Informer<KafkaTopic & KubeObject>[]
  readonly #users: Informer<KafkaUser & KubeObject>[]
  readonly #topicNames = new NameIndex<KafkaTopic>(nameInKafka)
  readonly #userNames = new NameIndex<KafkaUser>(({ metadata }) => metadata.name)
  readonly #owned: Informer<KubeObject>[]
  #isSynced = false

  constructor(options: WatchesOptions) {
    const { namespaces, news } = options
    const places = namespaces.length === 0 ? [undefined] : namespaces
    const make = <T extends KubeObject>(
      kind: Kind,
      onChange: (key: string, now: T | null, before: T | null) => void,
      labelSelector?: string,
    ) => places.map((namespace) => informer(options, kind, namespace, onChange, labelSelector))
    this.#clusters = make(kinds.kafkaCluster, news.cluster)
    this.#topics = make<KafkaTopic & KubeObject>(kinds.kafkaTopic, (key, now, before) => {
      this.#topicNames.change(key, now, before)
      news.topic(key, now, before)
    })
    this.#users = make<KafkaUser & KubeObject>(kinds.kafkaUser, (key, now, before) => {
      this.#userNames.change(key, now, before)
      news.user(key, now, before)
    })
    this.#owned = ownedKinds.flatMap((kind) =>
      make<KubeObject>(
        kind,
        (_key, now, before) => {
          const { labels, namespace } = (now ?? before)?.metadata ?? {}
          const name = labels?.[labelKeys.cluster]
          if (name !== undefined) news.owned(`${namespace}/${name}`)
        },
        labelKeys.cluster,
      ),
    )
    const ofUser = make<KubeObject>(
      kinds.secret,
      (_key, now, before) => {
        const { labels, namespace } = (now ?? before)?.metadata ?? {}
        const name = labels?.[userLabel]
        if (name !== undefined) news.ownedByUser(`${namespace}/${name}`)
      },
      userLabel,
    )
    this.#owned.push(...ofUser)
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Resolves once everything has been seen for the first time. */
  async start(): Promise<void> {
    const all = [...this.#clusters, ...this.#topics, ...this.#users, ...this.#owned]
    for (const one of all) one.start()
    await Promise.all(all.map(({ synced }) => synced))
    this.#isSynced = true
  }

  cluster(key: string): KafkaCluster | undefined {
    return first(this.#clusters, key)
  }

  topic(key: string): KafkaTopic | undefined {
    return first(this.#topics, key)
  }

  user(key: string): KafkaUser | undefined {
    return first(this.#users, key)
  }

  /** Those for a topic of that name, of whatever cluster. */
  topicsNamed(name: string): Iterable<KafkaTopic> {
    return this.#topicNames.of(name)
  }

  usersNamed(name: string): Iterable<KafkaUser> {
    return this.#userNames.of(name)
  }

  *clusters(): Generator<KafkaCluster> {
    for (const one of this.#clusters) yield* one.all()
  }

  *topics(): Generator<KafkaTopic> {
    for (const one of this.#topics) yield* one.all()
  }

  *users(): Generator<KafkaUser> {
    for (const one of this.#users) yield* one.all()
  }

  async close(): Promise<void> {
    const all = [...this.#owned, ...this.#users, ...this.#topics, ...this.#clusters]
    await Promise.all(all.map((one) => one.close()))
  }
}

function informer<T extends KubeObject>(
  { client, timers, random, news }: WatchesOptions,
  kind: Kind,
  namespace: string | undefined,
  onChange: (key: string, now: T | null, before: T | null) => void,
  labelSelector: string | undefined,
): Informer<T> {
  return new Informer<T>({
    client,
    kind,
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    onChange,
    onTrouble: (error) => news.trouble(kind.kind, error),
    timers,
    random,
  })
}

function first<T extends KubeObject>(informers: readonly Informer<T>[], key: string) {
  for (const one of informers) {
    const found = one.get(key)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Whether more than the status is another: the operator's own writes must not make it look again.
 */
export function isOtherSpec(
  now: KafkaCluster | KafkaTopic | KafkaUser | null,
  before: KafkaCluster | KafkaTopic | KafkaUser | null,
): boolean {
  if (now === null || before === null) return true
  const [a, b] = [now.metadata, before.metadata]
  return (
    a.uid !== b.uid ||
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    JSON.stringify(a.annotations) !== JSON.stringify(b.annotations)
  )
}
