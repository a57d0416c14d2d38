// SyncGroup for a classic group: the leader brings everyone's assignment, the others wait until it
// is stored. KIP-559 protocol type and name are checked from v5 on.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { AfterWrite } from '../after-write.ts'
import type { SyncGroupEvent } from '../events.ts'
import { assignmentsBytesMax } from '../limits.ts'
import type { SyncGroupRequest } from '../messages.ts'
import { groupRecord } from '../records.ts'
import type { Turn } from '../turn.ts'
import { responseErrorOf } from '../write-errors.ts'
import { answerSync, awaitSync, syncAnswer, syncError } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noAssignment, noDeadline } from './classic-member.ts'
import { extendSession, validateMember } from './membership.ts'
import { dropAssignments, prepareRebalance } from './rebalance.ts'

export function syncGroup(turn: Turn, { request, token, groupId }: SyncGroupEvent): void {
  const group = turn.state.classicGroup(groupId)
  const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : validateSync(group, request)
  if (error !== null || group === undefined) {
    turn.respond(token, syncError(error ?? 'UNKNOWN_MEMBER_ID'))
    return
  }
  const member = group.members.get(request.memberId)
  if (member === undefined || group.state === 'Empty') {
    turn.respond(token, syncError('UNKNOWN_MEMBER_ID'))
    return
  }
  switch (group.state) {
    case 'PreparingRebalance':
      turn.respond(token, syncError('REBALANCE_IN_PROGRESS'))
      return
    case 'CompletingRebalance':
      awaitSync(turn, member, token)
      notePresence(group, request.memberId)
      if (group.leaderId === request.memberId) storeAssignments(turn, group, request)
      return
    case 'Stable':
      notePresence(group, request.memberId)
      turn.respond(token, syncAnswer(group, member))
      return
  }
}

function validateSync(group: ClassicGroup, request: SyncGroupRequest): KafkaErrorName | null {
  const error = validateMember(group, request.memberId, request.groupInstanceId)
  if (error !== null) return error
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  if (
    differs(request.protocolType, group.protocolType) ||
    differs(request.protocolName, group.protocolName)
  ) {
    return 'INCONSISTENT_GROUP_PROTOCOL'
  }
  return null
}

function differs(requested: string | null, actual: string | null): boolean {
  return requested !== null && actual !== null && requested !== actual
}

function notePresence(group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId)
  if (group.pendingSync.size === 0) group.syncDeadlineMs = noDeadline
}

function storeAssignments(turn: Turn, group: ClassicGroup, request: SyncGroupRequest): void {
  // The leader asks again by another connection: what it brought first is on its way.
  if (group.assignmentInFlight === group.generationId) return
  if (assignmentsBytes(request) > assignmentsBytesMax) {
    refuseAssignments(turn, group, 'MESSAGE_TOO_LARGE')
    return
  }
  const assignments = new Map<string, Buffer>()
  for (const { memberId, assignment } of request.assignments) {
    // Copied, since the request's frame ends with the request.
    if (group.members.has(memberId)) assignments.set(memberId, Buffer.from(assignment))
  }
  group.persisted = true
  group.assignmentInFlight = group.generationId
  const record = groupRecord(group, ({ memberId }) => assignments.get(memberId) ?? noAssignment)
  turn.write([record], {
    type: 'assignmentStored',
    groupId: group.groupId,
    generationId: group.generationId,
    assignments,
  })
}

function assignmentsBytes({ assignments }: SyncGroupRequest): number {
  let bytes = 0
  for (const { assignment } of assignments) bytes += assignment.length
  return bytes
}

/** The assignments cannot be stored: every member learns of it, and they try again. */
function refuseAssignments(turn: Turn, group: ClassicGroup, error: KafkaErrorName): void {
  dropAssignments(turn, group, responseErrorOf(error))
  prepareRebalance(turn, group)
}

export function onAssignmentStored(
  turn: Turn,
  group: ClassicGroup,
  stored: AfterWrite & { type: 'assignmentStored' },
  error: KafkaErrorName | null,
): void {
  if (group.assignmentInFlight === stored.generationId) group.assignmentInFlight = null
  // Another rebalance may have begun meanwhile: this generation's assignment is of no more use.
  if (group.state !== 'CompletingRebalance' || group.generationId !== stored.generationId) return
  if (error !== null) {
    refuseAssignments(turn, group, error)
    return
  }
  for (const member of group.members.values()) {
    member.assignment = stored.assignments.get(member.memberId) ?? noAssignment
    if (answerSync(turn, member, syncAnswer(group, member))) extendSession(turn, group, member)
  }
  group.transitionTo('Stable', turn.now.wallMs)
}
