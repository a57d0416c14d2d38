// A consumer of the new protocol (KIP-848) for tests of the coordinator's core: does what a client
// does with the answers to its heartbeats, and keeps what it was given, one step at a time.

import type { ConsumerHeartbeatRequest } from '../../broker/coordinator/group/messages.ts'
import type { GroupDriver } from './group-driver.ts'

interface HeartbeatAnswer {
  readonly errorCode: number
  readonly memberEpoch: number
  readonly assignment?: {
    readonly topicPartitions: readonly {
      readonly topicId: string
      readonly partitions: readonly number[]
    }[]
  } | null
}

const fencedMemberEpoch = 110
const unknownMemberId = 25

export interface MemberOptions {
  readonly instanceId?: string
  readonly topics?: readonly string[] | null
  readonly regex?: string
  readonly assignor?: string
  readonly rebalanceTimeoutMs?: number
  readonly groupId?: string
}

export class TestMember {
  readonly memberId: string
  readonly options: MemberOptions
  epoch = 0
  /** 'topicId-partition', as the member believes to own them. */
  owned = new Set<string>()
  lastError = 0
  readonly #driver: GroupDriver
  #topics: readonly string[] | null
  #pending: number[] = []
  #isFull = true

  constructor(driver: GroupDriver, memberId: string, options: MemberOptions = {}) {
    this.#driver = driver
    this.memberId = memberId
    this.options = options
    this.#topics = options.topics ?? null
  }

  get groupId(): string {
    return this.options.groupId ?? 'g'
  }

  /** Sends a heartbeat and takes the answer in if there is one already. */
  beat(): void {
    const isJoin = this.epoch === 0
    const saysAll = isJoin || this.#isFull
    this.#isFull = false
    this.#send({
      memberEpoch: this.epoch,
      rebalanceTimeoutMs: saysAll ? (this.options.rebalanceTimeoutMs ?? 60_000) : -1,
      subscribedTopicNames: saysAll ? (this.#topics?.slice() ?? null) : null,
      subscribedTopicRegex: saysAll ? (this.options.regex ?? null) : null,
      serverAssignor: saysAll ? (this.options.assignor ?? null) : null,
      topicPartitions: isJoin ? [] : this.#ownedTopics(),
    })
    this.receive()
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics
    this.#isFull = true
  }

  leave(epoch: -1 | -2 = -1): void {
    this.#send({ memberEpoch: epoch })
    this.#pending = []
    this.owned = new Set()
    this.epoch = 0
  }

  /** Stops without a word. */
  die(): void {
    this.#pending = []
    this.owned = new Set()
    this.epoch = 0
  }

  #send(request: Partial<ConsumerHeartbeatRequest>): void {
    const token = this.#driver.newToken()
    this.#pending.push(token)
    this.#driver.ask(this.memberId, {
      type: 'consumerHeartbeat',
      groupId: this.groupId,
      token,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      uuid: 'made',
      request: {
        groupId: this.groupId,
        memberId: this.memberId,
        memberEpoch: 0,
        instanceId: this.options.instanceId ?? null,
        rackId: null,
        rebalanceTimeoutMs: -1,
        subscribedTopicNames: null,
        subscribedTopicRegex: null,
        serverAssignor: null,
        topicPartitions: null,
        ...request,
      },
    })
  }

  #ownedTopics(): { topicId: string; partitions: number[] }[] {
    const topics = new Map<string, number[]>()
    for (const place of this.owned) {
      const dash = place.lastIndexOf('-')
      const topicId = place.slice(0, dash)
      topics.set(topicId, [...(topics.get(topicId) ?? []), Number(place.slice(dash + 1))])
    }
    return Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions }))
  }

  receive(): void {
    for (const token of this.#pending) {
      const answer = this.#driver.responses.get(token) as HeartbeatAnswer | undefined
      if (answer !== undefined) this.#take(answer)
    }
    this.#pending = this.#pending.filter((token) => !this.#driver.responses.has(token))
  }

  #take({ errorCode, memberEpoch, assignment }: HeartbeatAnswer): void {
    this.lastError = errorCode
    if (errorCode === fencedMemberEpoch || errorCode === unknownMemberId) this.die()
    if (errorCode !== 0 || memberEpoch < 0) return
    this.epoch = memberEpoch
    if (assignment === null || assignment === undefined) return
    this.owned = new Set(
      assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => `${topicId}-${partition}`),
      ),
    )
  }
}

/** Topics whose ids are their names, padded to the length of an id. */
export function topicsNamed(counts: Readonly<Record<string, number>>, version = 1) {
  const views = Object.entries(counts).map(([name, partitionCount]) => ({
    id: topicIdOf(name),
    name,
    partitionCount,
  }))
  return {
    version,
    createdVersion: version,
    byName: (name: string) => views.find((topic) => topic.name === name),
    byId: (id: string) => views.find((topic) => topic.id === id),
    names: () => views.map(({ name }) => name),
  }
}

export function topicIdOf(name: string): string {
  return Buffer.alloc(16, name).toString('base64url')
}
