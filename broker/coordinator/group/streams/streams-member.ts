// One member of a streams group: a thread of an application's process. A value: a change makes a
// new one, so that a write that fails can put the old one back.

import { noTasks, type OwnedTasks } from './tasks.ts'

/** By their numbers in the records. */
export const streamsMemberStates = {
  1: 'Stable',
  2: 'UnrevokedTasks',
  3: 'UnreleasedTasks',
} as const
export type StreamsMemberState =
  | (typeof streamsMemberStates)[keyof typeof streamsMemberStates]
  | 'Unknown'

/** Where others reach the process with queries of its state. */
export interface UserEndpoint {
  readonly host: string
  readonly port: number
}

export interface StreamsMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** -1 until it was told. */
  readonly rebalanceTimeoutMs: number
  readonly topologyEpoch: number
  readonly processId: string
  readonly userEndpoint: UserEndpoint | null
  readonly clientTags: ReadonlyMap<string, string>
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: StreamsMemberState
  readonly assigned: OwnedTasks
  /** Taken from it; nobody else gets them until it said that it let go. */
  readonly pendingRevocation: OwnedTasks
}

export function newStreamsMember(memberId: string): StreamsMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topologyEpoch: -1,
    processId: '',
    userEndpoint: null,
    clientTags: new Map(),
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'Stable',
    assigned: noTasks,
    pendingRevocation: noTasks,
  }
}

function sameTags(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

/** Whether both say the same of themselves, whatever they have been assigned. */
export function sameMetadata(a: StreamsMember, b: StreamsMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.topologyEpoch === b.topologyEpoch &&
    a.processId === b.processId &&
    a.userEndpoint?.host === b.userEndpoint?.host &&
    a.userEndpoint?.port === b.userEndpoint?.port &&
    sameTags(a.clientTags, b.clientTags)
  )
}

export function isReconciled(member: StreamsMember, assignmentEpoch: number): boolean {
  return member.state === 'Stable' && member.memberEpoch === assignmentEpoch
}
