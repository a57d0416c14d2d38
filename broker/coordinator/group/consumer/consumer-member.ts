// One member of a group of the consumer protocol. A value: a change makes a new one, so that a
// write that fails can put the old one back.

import type { MemberProtocol } from '../classic/classic-member.ts'
import { sameProtocols } from '../classic/classic-member.ts'
import { type AssignedPartitions, noPartitions } from './partitions.ts'

/** By their numbers in the records. */
export const memberStates = ['Stable', 'UnrevokedPartitions', 'UnreleasedPartitions'] as const
export type MemberState = (typeof memberStates)[number] | 'Unknown'

/** Epochs with a meaning of their own in heartbeats. */
export const joinEpoch = 0
export const leaveEpoch = -1
/** Of a static member that will be back: its partitions are kept for it. */
export const staticLeaveEpoch = -2

/** What a member that uses the classic protocol said when it joined. */
export interface ClassicMetadata {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

export interface ConsumerMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** -1 until it was told. */
  readonly rebalanceTimeoutMs: number
  /** Sorted, each once. */
  readonly subscribedTopics: readonly string[]
  /** '': none. */
  readonly subscribedRegex: string
  readonly serverAssignor: string | null
  /** null: the member speaks the consumer protocol. */
  readonly classic: ClassicMetadata | null
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: AssignedPartitions
  /** Taken from it; nobody else gets them until it said that it let go. */
  readonly pendingRevocation: AssignedPartitions
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    subscribedTopics: [],
    subscribedRegex: '',
    serverAssignor: null,
    classic: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'Stable',
    assigned: noPartitions,
    pendingRevocation: noPartitions,
  }
}

export function sortedTopics(topics: readonly string[]): readonly string[] {
  return [...new Set(topics)].sort()
}

export function regexOf({ subscribedRegex }: ConsumerMember): string | null {
  return subscribedRegex === '' ? null : subscribedRegex
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]))
}

function sameClassic(a: ClassicMetadata | null, b: ClassicMetadata | null): boolean {
  if (a === null || b === null) return a === b
  return a.sessionTimeoutMs === b.sessionTimeoutMs && sameProtocols(a.protocols, b.protocols)
}

/** Whether both say the same of themselves, whatever they have been assigned. */
export function sameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    sameNames(a.subscribedTopics, b.subscribedTopics) &&
    a.subscribedRegex === b.subscribedRegex &&
    a.serverAssignor === b.serverAssignor &&
    sameClassic(a.classic, b.classic)
  )
}

export function isReconciled(member: ConsumerMember, assignmentEpoch: number): boolean {
  return member.state === 'Stable' && member.memberEpoch === assignmentEpoch
}
