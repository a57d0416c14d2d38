// ClusterAdmin by the Kafka protocol, over the same client as the `samsa` command. Owns the
// connections to one cluster; after an error they are dropped and opened anew, since an address may
// be another pod's by then. Whatever fails rejects with an AdminError.

import { type Acl, addAcls, listAcls, removeAcls } from '@samsa/cli/client/acls'
import { parseAddresses } from '@samsa/cli/client/addresses'
import { Cluster } from '@samsa/cli/client/cluster'
import { describeCluster, unregisterBroker } from '@samsa/cli/client/cluster-state'
import { type Config, changeConfigs, describeConfigs } from '@samsa/cli/client/configs'
import { isUnknownTopic, KafkaError } from '@samsa/cli/client/errors'
import {
  alterReassignments,
  describePartitions,
  listReassignments,
} from '@samsa/cli/client/partitions'
import { addVoter, describeQuorum, removeVoter } from '@samsa/cli/client/quorum'
import { alterQuota, describeQuotas } from '@samsa/cli/client/quotas'
import { removeThrottles, setThrottles } from '@samsa/cli/client/throttles'
import { addPartitions, deleteTopics, type NewTopic } from '@samsa/cli/client/topics'
import { alterScram, describeScram, type ScramName } from '@samsa/cli/client/users'
import {
  AdminError,
  type ClusterAdmin,
  type ClusterFacts,
  type Reassignment,
  type ScramChange,
  type TopicFacts,
} from './admin.ts'
import { Batch } from './batch.ts'
import { quorumFacts } from './quorum-facts.ts'
import { TopicConfigs } from './topic-configs.ts'
import { makeTopics, topicFacts } from './topic-facts.ts'

export interface KafkaAdminOptions {
  /** host:port, separated by commas. */
  readonly bootstrap: string
  /** For one call, retries included. */
  readonly timeoutMs: number
}

export class KafkaAdmin implements ClusterAdmin {
  readonly #options: KafkaAdminOptions
  readonly #minInsync = new TopicConfigs('min.insync.replicas')
  readonly #closing = new AbortController()
  /** Topics are looked at and made by the hundred: one request each would cost minutes. */
  readonly #looks = new Batch({
    ...batching,
    run: (names: readonly string[]) =>
      this.#ask(this.#closing.signal, (cluster) => topicFacts(cluster, names)),
  })
  readonly #creations = new Batch({
    ...batching,
    run: (topics: readonly NewTopic[]) =>
      this.#ask(this.#closing.signal, (cluster) => makeTopics(cluster, topics)),
  })
  #cluster: Cluster | null = null

  constructor(options: KafkaAdminOptions) {
    this.#options = options
  }

  /** Calls under way fail. */
  close(): void {
    this.#closing.abort()
    this.#drop()
  }

  describe(signal: AbortSignal): Promise<ClusterFacts> {
    return this.#ask(signal, async (cluster) => {
      const { clusterId, brokers } = await describeCluster(cluster)
      const quorum = quorumFacts(await describeQuorum(cluster))
      const found = await describePartitions(cluster, null)
      const topics = new Set(found.map(({ topic }) => topic))
      const minInsync = await this.#minInsync.of(cluster, [...topics])
      const reassignments = await listReassignments(cluster)
      return {
        clusterId,
        brokers: brokers.map(({ id, fenced, rack }) => ({ id, isFenced: fenced, rack })),
        quorum,
        partitions: found.map(({ topic, index, replicas, isr, leader }) => ({
          topic,
          index,
          replicas,
          isr,
          leader,
          minInsyncReplicas: Number(minInsync.get(topic) ?? 1),
        })),
        reassigning: reassignments.length,
      }
    })
  }

  async topic(name: string, signal: AbortSignal): Promise<TopicFacts | null> {
    const facts = await unlessAborted(this.#looks.add(name), signal)
    if (facts instanceof KafkaError) throw adminError(facts)
    return facts
  }

  async createTopic(
    { name, partitions, replicas, config }: Parameters<ClusterAdmin['createTopic']>[0],
    signal: AbortSignal,
  ): Promise<void> {
    const configs = Object.entries(config)
    const topic = { name, partitions, replicationFactor: replicas, assignments: [], configs }
    const error = await unlessAborted(this.#creations.add(topic), signal)
    if (error !== null) throw adminError(error)
  }

  createPartitions(topic: string, count: number, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, (cluster) => addPartitions(cluster, topic, count))
  }

  setTopicConfig(
    topic: string,
    config: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const resource = { type: 'topic', name: topic } as const
    return this.#ask(signal, async (cluster) => {
      this.#minInsync.forget(topic)
      const present = await describeConfigs(cluster, resource, null)
      const surplus = present.filter((one) => isOwnOfTopic(one) && !(one.name in config))
      const changes = [
        ...Object.entries(config).map(([name, value]) => ({ name, value })),
        ...surplus.map(({ name }) => ({ name, value: null })),
      ]
      if (changes.length > 0) await changeConfigs(cluster, resource, changes)
    })
  }

  deleteTopic(topic: string, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (cluster) => {
      const [outcome] = await deleteTopics(cluster, [topic])
      if (outcome?.error !== undefined && !isUnknownTopic(outcome.error)) throw outcome.error
    })
  }

  brokerDefaults(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#ask(signal, async (cluster) => {
      const configs = await describeConfigs(cluster, allBrokers, null)
      const set = configs.filter(({ source }) => source === 'all brokers')
      return Object.fromEntries(set.map(({ name, value }) => [name, value ?? '']))
    })
  }

  setBrokerDefaults(
    changes: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void> {
    const list = Object.entries(changes).map(([name, value]) => ({ name, value }))
    return this.#ask(signal, async (cluster) => {
      // A default of the brokers may be what topics have.
      this.#minInsync.clear()
      await changeConfigs(cluster, allBrokers, list)
    })
  }

  reassign(
    moves: readonly Reassignment[],
    throttle: number | null,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#ask(signal, async (cluster) => {
      const topics = [...new Set(moves.map(({ topic }) => topic))]
      const present = await describePartitions(cluster, topics)
      const replicas = new Map(present.map((one) => [`${one.topic}-${one.index}`, one.replicas]))
      const wanted = moves.map(({ topic, partition, replicas: to }) => {
        const from = replicas.get(`${topic}-${partition}`) ?? []
        return { topic, index: partition, from, to }
      })
      if (throttle !== null) await setThrottles(cluster, wanted, throttle)
      const [refused] = await alterReassignments(cluster, wanted)
      if (refused !== undefined) throw refused.error
    })
  }

  removeThrottles(signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (cluster) => {
      const topics = await cluster.refresh(null)
      const names = topics.map(({ name }) => name)
      await removeThrottles(cluster, names)
    })
  }

  unregisterBroker(id: number, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, (cluster) => unregisterBroker(cluster, id))
  }

  addVoter(
    id: number,
    directoryId: string,
    host: string,
    port: number,
    signal: AbortSignal,
  ): Promise<void> {
    const listeners = [{ name: 'CONTROLLER', host, port }]
    return this.#ask(signal, async (cluster) => {
      await cluster.refresh([])
      await addVoter(cluster, { id, directoryId, listeners }).catch(unless('DUPLICATE_VOTER'))
    })
  }

  removeVoter(id: number, directoryId: string, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (cluster) => {
      await cluster.refresh([])
      await removeVoter(cluster, { id, directoryId }).catch(unless('VOTER_NOT_FOUND'))
    })
  }

  scramOf(user: string, signal: AbortSignal): Promise<readonly ScramName[]> {
    return this.#ask(signal, (cluster) => describeScram(cluster, user))
  }

  alterScram(user: string, change: ScramChange, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, (cluster) => alterScram(cluster, user, change))
  }

  aclsOf(principal: string, signal: AbortSignal): Promise<readonly Acl[]> {
    return this.#ask(signal, (cluster) => listAcls(cluster, { principal }))
  }

  alterAcls(change: Parameters<ClusterAdmin['alterAcls']>[0], signal: AbortSignal): Promise<void> {
    // Denials come first and go last: nobody may more for a moment than before and after.
    const denials = ({ permission }: Acl) => permission === 'deny'
    const rights = ({ permission }: Acl) => permission === 'allow'
    return this.#ask(signal, async (cluster) => {
      await addAcls(cluster, change.add.filter(denials))
      await removeAcls(cluster, change.remove.filter(rights))
      await removeAcls(cluster, change.remove.filter(denials))
      await addAcls(cluster, change.add.filter(rights))
    })
  }

  quotasOf(user: string, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    return this.#ask(signal, async (cluster) => {
      const [found] = await describeQuotas(cluster, userEntity(user), { strict: true })
      return found?.values ?? {}
    })
  }

  alterQuotas(
    user: string,
    changes: Readonly<Record<string, number | null>>,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#ask(signal, (cluster) => alterQuota(cluster, userEntity(user), changes))
  }

  async #ask<T>(signal: AbortSignal, action: (cluster: Cluster) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const cluster = this.#open()
    try {
      return await unlessAborted(action(cluster), signal)
    } catch (error) {
      const isAnswer = error instanceof KafkaError
      if (!isAnswer && this.#cluster === cluster) this.#drop()
      if (signal.aborted) throw signal.reason
      throw adminError(error)
    }
  }

  #open(): Cluster {
    const { bootstrap, timeoutMs } = this.#options
    this.#cluster ??= new Cluster({
      bootstrap: parseAddresses(bootstrap),
      requestTimeoutMs: timeoutMs,
      signal: this.#closing.signal,
    })
    return this.#cluster
  }

  #drop(): void {
    this.#cluster?.close()
    this.#cluster = null
  }
}

/** Limits of a reassignment stand as configs of its topics, and are nobody's wish for them. */
const throttled = /\.replication\.throttled\.replicas$/

function isOwnOfTopic({ name, source }: Config): boolean {
  return source === 'topic' && !throttled.test(name)
}

/** Passes over topics that begin together go on together. */
const batching = { lingerMs: 5, sizeMax: 200 }

const allBrokers = { type: 'broker', name: '' } as const

function isOf(error: unknown, name: KafkaError['kafkaError']): boolean {
  return error instanceof KafkaError && error.kafkaError === name
}

/** What was to be done is done already. */
function unless(name: KafkaError['kafkaError']): (error: unknown) => void {
  return (error) => {
    if (!isOf(error, name)) throw error
  }
}

function adminError(error: unknown): AdminError {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof KafkaError && !error.retriable ? error.kafkaError : 'UNREACHABLE'
  return new AdminError(code, message, { cause: error })
}

/** The client's calls end by their own deadline; nobody has to wait for that. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

const userEntity = (name: string) => [{ type: 'user', name } as const]
