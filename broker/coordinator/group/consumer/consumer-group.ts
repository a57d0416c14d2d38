// A group of the consumer protocol (KIP-848): what its records say, and the counts that follow from
// them. Changed only by what apply.ts takes from records; knows nothing of time, records or
// answers.

import { noDeadline } from '../classic/classic-member.ts'
import { type ConsumerMember, isReconciled, regexOf } from './consumer-member.ts'
import type { AssignedPartitions, Partitions } from './partitions.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** What a subscribed pattern matched when it was last looked. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** Of the metadata that was looked at. */
  readonly version: number
  readonly timestampMs: number
}

/** When, in monotonic time, a member is given up unless something happens before. */
export interface MemberDeadlines {
  sessionMs: number
  /** For letting go of partitions. */
  rebalanceMs: number
  /** For joining again, and for asking for the assignment: classic protocol only. */
  joinMs: number
  syncMs: number
}

interface Subscribers {
  /** Members that name the topic. */
  readonly byName: number
  /** Patterns that match it. */
  readonly byRegex: number
}

const noSubscribers: Subscribers = { byName: 0, byRegex: 0 }

export class ConsumerGroup {
  readonly type = 'consumer'
  readonly groupId: string
  groupEpoch = 0
  metadataHash = 0n
  assignmentEpoch = 0
  assignmentTimestampMs = 0
  readonly members = new Map<string, ConsumerMember>()
  readonly targets = new Map<string, Partitions>()
  readonly regexes = new Map<string, ResolvedRegex>()
  /** Whether it left a record of type 4, from before Kafka 4.1. */
  hasPartitionMetadata = false
  /** Member ids by group.instance.id. */
  readonly staticMembers = new Map<string, string>()
  readonly deadlines = new Map<string, MemberDeadlines>()
  /** The write that removes the group, while it is under way: requests wait for it. */
  deletionWriteId: number | null = null
  /** The time that the shell's timer for this group is set to. */
  timerAtMs = noDeadline
  /** The version of the metadata that metadataHash was last held against. */
  topicsVersion = -1
  /** Whether the shell is looking for topics that match the group's patterns. */
  resolvingRegexes = false
  #classicCount = 0
  readonly #classicProtocols = new Map<string, number>()
  readonly #assignors = new Map<string, number>()
  readonly #regexMembers = new Map<string, number>()
  readonly #subscribers = new Map<string, Subscribers>()
  readonly #owners = new Map<string, Map<number, string>>()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) {
      if (!isReconciled(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  get classicCount(): number {
    return this.#classicCount
  }

  /** Members of the classic protocol that support each of its protocols. */
  get classicProtocols(): ReadonlyMap<string, number> {
    return this.#classicProtocols
  }

  /** How many members subscribe to each pattern. */
  get regexMembers(): ReadonlyMap<string, number> {
    return this.#regexMembers
  }

  /** Topics that a member names or a pattern matches. */
  get subscribedTopics(): Iterable<string> {
    return this.#subscribers.keys()
  }

  isSubscribedTo(topic: string): boolean {
    return this.#subscribers.has(topic)
  }

  /** Whether all members subscribe to the same, as far as that is cheap to tell. */
  get isHomogeneous(): boolean {
    const subscribers = [...this.#subscribers.values()]
    const [first] = this.#regexMembers.values()
    if (first === undefined) return subscribers.every((s) => s.byName === this.members.size)
    if (first !== this.members.size) return false
    return subscribers.every(({ byName, byRegex }) => byRegex === 1 && byName === 0)
  }

  /** The assignor that most members ask for. */
  get preferredAssignor(): string | null {
    let preferred: string | null = null
    let most = 0
    for (const [name, count] of this.#assignors) {
      if (count < most) continue
      preferred = name
      most = count
    }
    return preferred
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  /** Who has the partition, or has not yet let go of it. */
  owner(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  target(memberId: string): Partitions | undefined {
    return this.targets.get(memberId)
  }

  setMember(member: ConsumerMember): void {
    this.removeMember(member.memberId)
    this.members.set(member.memberId, member)
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId)
    this.#count(member, 1)
    this.#own(member.assigned, member.memberId)
    this.#own(member.pendingRevocation, member.memberId)
  }

  removeMember(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    const { instanceId } = member
    // Another member id may have taken the instance over before this one went.
    if (instanceId !== null && this.staticMembers.get(instanceId) === memberId) {
      this.staticMembers.delete(instanceId)
    }
    this.#count(member, -1)
    this.#disown(member.assigned, memberId)
    this.#disown(member.pendingRevocation, memberId)
  }

  setRegex(regex: string, resolved: ResolvedRegex | null): void {
    for (const topic of this.regexes.get(regex)?.topics ?? []) this.#subscribe(topic, 'byRegex', -1)
    if (resolved === null) this.regexes.delete(regex)
    else this.regexes.set(regex, resolved)
    for (const topic of resolved?.topics ?? []) this.#subscribe(topic, 'byRegex', 1)
  }

  #count(member: ConsumerMember, change: 1 | -1): void {
    for (const topic of member.subscribedTopics) this.#subscribe(topic, 'byName', change)
    const regex = regexOf(member)
    if (regex !== null) add(this.#regexMembers, regex, change)
    if (member.serverAssignor !== null) add(this.#assignors, member.serverAssignor, change)
    if (member.classic === null) return
    this.#classicCount += change
    for (const name of new Set(member.classic.protocols.map((protocol) => protocol.name))) {
      add(this.#classicProtocols, name, change)
    }
  }

  #subscribe(topic: string, how: 'byName' | 'byRegex', change: 1 | -1): void {
    const before = this.#subscribers.get(topic) ?? noSubscribers
    const after = { ...before, [how]: before[how] + change }
    if (after.byName === 0 && after.byRegex === 0) this.#subscribers.delete(topic)
    else this.#subscribers.set(topic, after)
  }

  #own(partitions: AssignedPartitions, memberId: string): void {
    for (const [topicId, indexes] of partitions) {
      const owners = this.#owners.get(topicId) ?? new Map<number, string>()
      this.#owners.set(topicId, owners)
      for (const index of indexes.keys()) owners.set(index, memberId)
    }
  }

  #disown(partitions: AssignedPartitions, memberId: string): void {
    for (const [topicId, indexes] of partitions) {
      const owners = this.#owners.get(topicId)
      if (owners === undefined) continue
      for (const index of indexes.keys()) {
        // Records that were compacted may name two owners for a while: the later one stays.
        if (owners.get(index) === memberId) owners.delete(index)
      }
      if (owners.size === 0) this.#owners.delete(topicId)
    }
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}
