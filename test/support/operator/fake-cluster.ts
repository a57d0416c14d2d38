// A Samsa cluster as the operator sees one: brokers and voters are the pods that are ready, and
// what the operator asks for happens at once or in the next look.

import type { Acl } from '../../../cli/client/acls.ts'
import type {
  ClusterAdmin,
  ClusterFacts,
  ScramChange,
  TopicFacts,
} from '../../../operator/cluster/admin.ts'
import { AdminError } from '../../../operator/cluster/admin.ts'
import type { ObjectStore } from '../kube-api/store.ts'

interface FakeTopic {
  replicas: number[][]
  config: Record<string, string>
  isr: (replicas: readonly number[], alive: ReadonlySet<number>) => number[]
}

export class FakeCluster implements ClusterAdmin {
  readonly topics = new Map<string, FakeTopic>()
  readonly voters = new Set<number>()
  readonly registered = new Set<number>()
  readonly calls: string[] = []
  /** Voters that are behind the leader. */
  readonly lagging = new Set<number>()
  /** What describe says is being moved. */
  reassigning = 0
  /** Bytes a second, as reassign was last told. */
  throttle: number | null = null
  defaults: Record<string, string> = {}
  /** By user and mechanism. */
  readonly scram = new Map<string, Map<string, ScramChange['set'][number]>>()
  acls: Acl[] = []
  readonly quotas = new Map<string, Record<string, number>>()
  readonly #store: ObjectStore

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** Nodes whose pods are ready; of one role where it is named. */
  alive(role?: 'broker' | 'controller'): Set<number> {
    const ready = new Set<number>()
    for (const pod of this.#store.list('v1/pods')) {
      const { conditions } = (pod['status'] ?? {}) as { conditions?: { status: string }[] }
      const isOther = role !== undefined && pod.metadata.labels?.[`samsa.io/${role}`] !== 'true'
      if (conditions?.[0]?.status === 'True' && !isOther) {
        ready.add(Number(pod.metadata.labels?.['samsa.io/node-id']))
      }
    }
    return ready
  }

  async describe(): Promise<ClusterFacts> {
    const alive = this.alive()
    if (alive.size === 0) throw new AdminError('UNREACHABLE', 'no node answers')
    const controllers = this.alive('controller')
    for (const id of this.alive('broker')) this.registered.add(id)
    if (this.voters.size === 0) for (const id of controllers) this.voters.add(id)
    const caughtUp = [...this.voters].filter((id) => alive.has(id) && !this.lagging.has(id))
    const directories = (ids: Iterable<number>) => new Map([...ids].map((id) => [id, `dir-${id}`]))
    return {
      clusterId: 'cluster-id',
      brokers: [...this.registered].map((id) => ({ id, isFenced: !alive.has(id), rack: null })),
      quorum: {
        voters: [...this.voters],
        leaderId: caughtUp[0] ?? -1,
        caughtUp,
        voterDirectories: directories(this.voters),
        observerDirectories: directories([...controllers].filter((id) => !this.voters.has(id))),
      },
      partitions: [...this.topics].flatMap(([topic, { replicas, isr }]) =>
        replicas.map((ids, index) => {
          const inSync = isr(ids, alive)
          const leader = inSync[0] ?? -1
          return { topic, index, replicas: ids, isr: inSync, minInsyncReplicas: 2, leader }
        }),
      ),
      reassigning: this.reassigning,
    }
  }

  async topic(name: string): Promise<TopicFacts | null> {
    const topic = this.topics.get(name)
    if (topic === undefined) return null
    const partitions = topic.replicas.map((replicas) => ({ replicas }))
    return { topicId: name, partitions, config: topic.config }
  }

  async createTopic(topic: Parameters<ClusterAdmin['createTopic']>[0]): Promise<void> {
    const brokers = [...this.registered].slice(0, Math.max(1, topic.replicas))
    const replicas = Array.from({ length: Math.max(1, topic.partitions) }, () => brokers)
    const isr: FakeTopic['isr'] = (ids, alive) => ids.filter((id) => alive.has(id))
    this.topics.set(topic.name, { replicas, config: topic.config, isr })
  }

  async createPartitions(name: string, count: number): Promise<void> {
    const { replicas = [] } = this.topics.get(name) ?? {}
    while (replicas.length < count) replicas.push(replicas[0] ?? [])
  }

  async setTopicConfig(name: string, config: Record<string, string>): Promise<void> {
    const topic = this.topics.get(name)
    if (topic !== undefined) topic.config = config
  }

  async deleteTopic(name: string): Promise<void> {
    this.topics.delete(name)
  }

  async brokerDefaults(): Promise<Record<string, string>> {
    return this.defaults
  }

  async aclsOf(principal: string): Promise<readonly Acl[]> {
    return this.acls.filter((acl) => acl.principal === principal)
  }

  async alterAcls({ add, remove }: Parameters<ClusterAdmin['alterAcls']>[0]): Promise<void> {
    this.calls.push(`acls +${add.length} -${remove.length}`)
    const gone = new Set(remove.map((acl) => JSON.stringify(acl)))
    this.acls = [...this.acls.filter((acl) => !gone.has(JSON.stringify(acl))), ...add]
  }

  async quotasOf(user: string): Promise<Readonly<Record<string, number>>> {
    return this.quotas.get(user) ?? {}
  }

  async alterQuotas(user: string, changes: Record<string, number | null>): Promise<void> {
    this.calls.push(`quotas ${user} ${JSON.stringify(changes)}`)
    const values = { ...this.quotas.get(user) }
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) delete values[key]
      else values[key] = value
    }
    this.quotas.set(user, values)
  }

  async setBrokerDefaults(changes: Record<string, string | null>): Promise<void> {
    this.calls.push(`configs ${JSON.stringify(changes)}`)
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete this.defaults[name]
      else this.defaults[name] = value
    }
  }

  async reassign(
    moves: Parameters<ClusterAdmin['reassign']>[0],
    throttle: number | null,
  ): Promise<void> {
    this.throttle = throttle
    for (const { topic, partition, replicas } of moves) {
      this.calls.push(`move ${topic}-${partition} to ${replicas.join(',')}`)
      const known = this.topics.get(topic)
      if (known !== undefined) known.replicas[partition] = [...replicas]
    }
  }

  async removeThrottles(): Promise<void> {
    this.throttle = null
  }

  async unregisterBroker(id: number): Promise<void> {
    this.calls.push(`unregister ${id}`)
    this.registered.delete(id)
  }

  async addVoter(id: number): Promise<void> {
    this.calls.push(`add voter ${id}`)
    this.voters.add(id)
  }

  async removeVoter(id: number): Promise<void> {
    this.calls.push(`remove voter ${id}`)
    this.voters.delete(id)
  }

  async scramOf(user: string): Promise<ScramChange['remove']> {
    return [...(this.scram.get(user)?.values() ?? [])].map(({ mechanism }) => mechanism)
  }

  async alterScram(user: string, { set, remove }: ScramChange): Promise<void> {
    this.calls.push(`scram ${user} +${set.length} -${remove.length}`)
    const known = this.scram.get(user) ?? new Map<string, ScramChange['set'][number]>()
    for (const mechanism of remove) known.delete(mechanism)
    for (const credential of set) known.set(credential.mechanism, credential)
    if (known.size === 0) this.scram.delete(user)
    else this.scram.set(user, known)
  }
}
