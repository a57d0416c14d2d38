// A classic consumer group: its members and the counts that decide whether a rebalance may go on.
// Owns the members; knows nothing of time, records or answers, which join.ts, sync.ts and their
// siblings add.

import { assert } from '../../../assert.ts'
import type { JoinGroupResponse } from '../messages.ts'
import type { Token } from '../turn.ts'
import { type ClassicMember, type MemberProtocol, noDeadline } from './classic-member.ts'
import { subscribedTopics } from './subscription.ts'

/** A deleted group is Dead to clients, but is no longer held here. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** The states that each may follow. */
const previousStates: Record<ClassicGroupState, readonly ClassicGroupState[]> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/** What a rebalance waits for until members have joined. */
export type JoinPhase =
  /**
   * The first rebalance of an empty group: waits while members keep coming, `remainingMs` at most.
   */
  | { type: 'initial'; deadlineMs: number; delayMs: number; remainingMs: number }
  | { type: 'rejoin'; deadlineMs: number }

export const consumerProtocolType = 'consumer'

export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string
  state: ClassicGroupState = 'Empty'
  previousState: ClassicGroupState = 'Empty'
  /** Wall time of the last change of state; null when an old record did not say. */
  stateTimestampMs: number | null
  generationId = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  readonly members = new Map<string, ClassicMember>()
  /** Member ids by group.instance.id. */
  readonly staticMembers = new Map<string, string>()
  /** Ids given out with MEMBER_ID_REQUIRED (KIP-394), with the time at which each lapses. */
  readonly pendingMembers = new Map<string, number>()
  /** Members of this generation that have not sent SyncGroup. */
  readonly pendingSync = new Set<string>()
  syncDeadlineMs = noDeadline
  joinPhase: JoinPhase | null = null
  /** The generation whose assignment is being written. */
  assignmentInFlight: number | null = null
  newMemberAdded = false
  /**
   * Topics of this generation; null when unknown: another protocol type, or metadata that does not
   * parse.
   */
  subscribedTopics: ReadonlySet<string> | null = null
  /** Whether `__consumer_offsets` holds a record of this group, or is about to. */
  persisted = false
  /** The write that removes the group, while it is under way: requests wait for it. */
  deletionWriteId: number | null = null
  /** The time that the shell's timer for this group is set to. */
  timerAtMs = noDeadline
  #awaitingJoinCount = 0
  readonly #protocolCounts = new Map<string, number>()

  constructor(groupId: string, wallMs: number | null) {
    this.groupId = groupId
    this.stateTimestampMs = wallMs
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount
  }

  get allMembersJoined(): boolean {
    return this.members.size === this.#awaitingJoinCount && this.pendingMembers.size === 0
  }

  /** The longest of the members': who needs most time gets it. */
  get rebalanceTimeoutMs(): number {
    let timeoutMs = 0
    for (const member of this.members.values()) {
      timeoutMs = Math.max(timeoutMs, member.rebalanceTimeoutMs)
    }
    return timeoutMs
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === consumerProtocolType
  }

  /**
   * A group of the consumer protocol whose topics are unknown counts as subscribed to all: nothing
   * is removed.
   */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  transitionTo(state: ClassicGroupState, wallMs: number): void {
    assert(previousStates[state].includes(this.state), `${this.state} to ${state}`)
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = wallMs
  }

  add(member: ClassicMember): void {
    assert(!this.members.has(member.memberId), 'a member is added once')
    if (member.groupInstanceId !== null) {
      assert(!this.staticMembers.has(member.groupInstanceId), 'a static member is replaced')
      this.staticMembers.set(member.groupInstanceId, member.memberId)
    }
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#countProtocols(member.protocols, 1)
    if (member.awaitingJoin !== null) this.#awaitingJoinCount++
    this.pendingMembers.delete(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    this.pendingMembers.delete(memberId)
    this.pendingSync.delete(memberId)
    if (member === undefined) return
    assert(member.awaitingJoin === null, 'a member leaves with its JoinGroup answered')
    this.members.delete(memberId)
    this.#countProtocols(member.protocols, -1)
    if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
  }

  /** Puts `replacement` in the place of a member with the same instance id, leadership included. */
  replace(old: ClassicMember, replacement: ClassicMember): void {
    assert(old.groupInstanceId !== null, 'only static members are replaced')
    assert(old.groupInstanceId === replacement.groupInstanceId, 'the instance stays the same')
    assert(replacement.awaitingJoin === null, 'the replacement is not counted as waiting')
    const wasLeader = this.leaderId === old.memberId
    this.remove(old.memberId)
    this.add(replacement)
    if (wasLeader) this.leaderId = replacement.memberId
  }

  setProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): void {
    this.#countProtocols(member.protocols, -1)
    member.protocols = protocols
    this.#countProtocols(protocols, 1)
  }

  /**
   * Has the member wait for this JoinGroup, or for none. Returns the one it was waiting for, not
   * yet answered.
   */
  setAwaitingJoin(
    member: ClassicMember,
    token: Token<JoinGroupResponse> | null,
  ): Token<JoinGroupResponse> | null {
    const before = member.awaitingJoin
    member.awaitingJoin = token
    this.#awaitingJoinCount += (token === null ? 0 : 1) - (before === null ? 0 : 1)
    return before
  }

  #countProtocols(protocols: readonly MemberProtocol[], change: 1 | -1): void {
    // A name given twice counts once, since it supports the member once.
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#protocolCounts.get(name) ?? 0) + change
      if (count === 0) this.#protocolCounts.delete(name)
      else this.#protocolCounts.set(name, count)
    }
  }

  /**
   * Whether a member with this type and these protocols leaves the group one protocol that all
   * support.
   */
  supportsProtocols(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return (
      protocolType === this.protocolType &&
      protocols.some(({ name }) => (this.#protocolCounts.get(name) ?? 0) === this.members.size)
    )
  }

  /** The protocol that all support and most prefer: each member votes for its first common one. */
  selectProtocol(): string {
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.protocols.find(
        ({ name }) => this.#protocolCounts.get(name) === this.members.size,
      )
      assert(vote !== undefined, 'every member supports a common protocol')
      votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    let selected = ''
    let most = 0
    for (const [name, count] of votes) {
      if (count <= most) continue
      selected = name
      most = count
    }
    return selected
  }

  /**
   * Keeps a leader that has joined; else makes one of a member that has. False when there is none.
   */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    const leader = this.members.get(this.leaderId)
    assert(leader !== undefined, 'the leader is a member')
    if (leader.awaitingJoin !== null) return true
    for (const member of this.members.values()) {
      if (member.awaitingJoin === null) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** To be called when the members or the chosen protocol of a generation are settled. */
  updateSubscribedTopics(): void {
    this.subscribedTopics = this.usesConsumerProtocol
      ? subscribedTopics(this.members.values(), this.protocolName)
      : null
  }
}
