// A member of a streams group (KIP-1071) for tests of the coordinator's core: does what a client
// does with the answers to its heartbeats, and keeps the tasks that it was given, one step at a
// time.

import type { StreamsHeartbeatRequest } from '../../broker/coordinator/group/messages.ts'
import type {
  InternalTopic,
  StreamsHeartbeatResult,
} from '../../broker/coordinator/group/streams/heartbeat-result.ts'
import type { Topology } from '../../broker/coordinator/group/streams/topology.ts'
import type { GroupDriver } from './group-driver.ts'

type Role = 'active' | 'standby'

export interface StreamsMemberOptions {
  readonly processId?: string
  readonly topology?: Topology
  readonly rebalanceTimeoutMs?: number
  readonly userEndpoint?: { readonly host: string; readonly port: number }
}

const fenced = new Set([25, 110])

/** Reads `words`, and counts them by way of a repartition topic into a store with a changelog. */
export const wordCount: Topology = {
  epoch: 1,
  subtopologies: [
    {
      subtopologyId: '0',
      sourceTopics: ['words'],
      sourceTopicRegex: [],
      stateChangelogTopics: [],
      repartitionSinkTopics: ['by-word'],
      repartitionSourceTopics: [],
      copartitionGroups: [],
    },
    {
      subtopologyId: '1',
      sourceTopics: [],
      sourceTopicRegex: [],
      stateChangelogTopics: [internalTopic('counts', { 'cleanup.policy': 'compact' })],
      repartitionSinkTopics: [],
      repartitionSourceTopics: [internalTopic('by-word', {})],
      copartitionGroups: [],
    },
  ],
}

export function internalTopic(name: string, configs: Readonly<Record<string, string>>) {
  const topicConfigs = Object.entries(configs).map(([key, value]) => ({ key, value }))
  return { name, partitions: 0, replicationFactor: 0, topicConfigs }
}

export class StreamsTestMember {
  readonly memberId: string
  epoch = 0
  lastError = 0
  errorMessage: string | null = null
  /** Of the last answer, by number. */
  status: readonly { readonly statusCode: number; readonly statusDetail: string }[] = []
  missingTopics: readonly InternalTopic[] = []
  endpoints: unknown = null
  /** `subtopology_partition`, as the member believes to own them. */
  readonly owned: Record<Role, Set<string>> = { active: new Set(), standby: new Set() }
  readonly #driver: GroupDriver
  readonly #options: StreamsMemberOptions
  #endpointEpoch = 0
  #pending: number[] = []

  constructor(driver: GroupDriver, memberId: string, options: StreamsMemberOptions = {}) {
    this.#driver = driver
    this.memberId = memberId
    this.#options = options
  }

  get active(): string[] {
    return [...this.owned.active].sort()
  }

  get standby(): string[] {
    return [...this.owned.standby].sort()
  }

  get codes(): number[] {
    return this.status.map(({ statusCode }) => statusCode)
  }

  /** Sends a heartbeat and takes the answer in if there is one already. */
  beat(request: Partial<StreamsHeartbeatRequest> = {}): void {
    const isJoin = this.epoch === 0
    const { topology = wordCount, rebalanceTimeoutMs = 60_000, userEndpoint } = this.#options
    const processId = this.#options.processId ?? `process-of-${this.memberId}`
    this.#send({
      memberEpoch: this.epoch,
      endpointInformationEpoch: this.#endpointEpoch,
      ...(isJoin ? { rebalanceTimeoutMs, topology, processId } : {}),
      ...(isJoin && userEndpoint !== undefined ? { userEndpoint } : {}),
      activeTasks: isJoin ? [] : idsOf(this.owned.active),
      standbyTasks: isJoin ? [] : idsOf(this.owned.standby),
      warmupTasks: [],
      ...request,
    })
    this.receive()
  }

  leave(request: Partial<StreamsHeartbeatRequest> = {}): void {
    this.#send({ memberEpoch: -1, ...request })
    this.die()
  }

  /** Stops without a word. */
  die(): void {
    this.#pending = []
    this.owned.active.clear()
    this.owned.standby.clear()
    this.epoch = 0
  }

  #send(request: Partial<StreamsHeartbeatRequest>): void {
    const token = this.#driver.newToken()
    this.#pending.push(token)
    this.#driver.ask(this.memberId, {
      type: 'streamsHeartbeat',
      groupId: 'g',
      token,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      request: {
        groupId: 'g',
        memberId: this.memberId,
        memberEpoch: 0,
        endpointInformationEpoch: 0,
        instanceId: null,
        rackId: null,
        rebalanceTimeoutMs: -1,
        topology: null,
        activeTasks: null,
        standbyTasks: null,
        warmupTasks: null,
        processId: null,
        userEndpoint: null,
        clientTags: null,
        taskOffsets: null,
        taskEndOffsets: null,
        shutdownApplication: false,
        ...request,
      },
    })
  }

  receive(): void {
    for (const token of this.#pending) {
      const answer = this.#driver.responses.get(token) as StreamsHeartbeatResult | undefined
      if (answer !== undefined) this.#take(answer)
    }
    this.#pending = this.#pending.filter((token) => !this.#driver.responses.has(token))
  }

  #take({ response, missingTopics }: StreamsHeartbeatResult): void {
    this.lastError = response.errorCode
    this.errorMessage = response.errorMessage ?? null
    if (fenced.has(response.errorCode)) this.die()
    if (response.errorCode !== 0 || response.memberEpoch < 0) return
    this.epoch = response.memberEpoch
    this.status = response.status ?? []
    this.missingTopics = missingTopics
    this.#endpointEpoch = response.endpointInformationEpoch
    this.endpoints = response.partitionsByUserEndpoint ?? this.endpoints
    if (response.activeTasks === null || response.activeTasks === undefined) return
    take(this.owned.active, response.activeTasks)
    take(this.owned.standby, response.standbyTasks ?? [])
  }
}

interface Ids {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

function take(owned: Set<string>, ids: readonly Ids[]): void {
  owned.clear()
  for (const { subtopologyId, partitions } of ids) {
    for (const partition of partitions) owned.add(`${subtopologyId}_${partition}`)
  }
}

function idsOf(owned: ReadonlySet<string>) {
  const ids = new Map<string, number[]>()
  for (const task of owned) {
    const [subtopologyId = '', partition] = task.split('_')
    ids.set(subtopologyId, [...(ids.get(subtopologyId) ?? []), Number(partition)])
  }
  return Array.from(ids, ([subtopologyId, partitions]) => ({ subtopologyId, partitions }))
}
