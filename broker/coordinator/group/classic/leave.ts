// LeaveGroup for a classic group: several members at once from v3 on (KIP-345), an administrator's
// removal by instance id included.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { LeaveGroupEvent } from '../events.ts'
import type { LeaveGroupRequest } from '../messages.ts'
import type { Turn } from '../turn.ts'
import { unknownMemberId } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { removeMember, validateMember } from './membership.ts'
import { completeJoinIfReady, rebalance } from './rebalance.ts'

type LeavingMember = LeaveGroupRequest['members'][number]

export function leaveGroup(turn: Turn, { groupId, request, token }: LeaveGroupEvent): void {
  const group = turn.state.classicGroup(groupId)
  const sizeBefore = group?.members.size
  const members = request.members.map((leaving) => {
    const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : leave(turn, group, leaving)
    const { memberId, groupInstanceId } = leaving
    return { memberId, groupInstanceId, errorCode: errorCodes[error] }
  })
  if (group !== undefined && group.state !== 'Empty') {
    // A pending member that leaves takes no partition with it, but the others may be waiting for
    // it.
    if (group.members.size !== sizeBefore) rebalance(turn, group)
    else completeJoinIfReady(turn, group)
  }
  turn.respond(token, { errorCode: errorCodes.NONE, members })
}

function leave(
  turn: Turn,
  group: ClassicGroup,
  { memberId, groupInstanceId }: LeavingMember,
): KafkaErrorName {
  if (group.pendingMembers.delete(memberId)) return 'NONE'
  const leavingId =
    memberId === unknownMemberId && groupInstanceId !== null
      ? group.staticMembers.get(groupInstanceId)
      : memberId
  if (leavingId === undefined) return 'UNKNOWN_MEMBER_ID'
  const error = validateMember(group, leavingId, groupInstanceId)
  if (error !== null) return error
  const member = group.members.get(leavingId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  removeMember(turn, group, member)
  return 'NONE'
}
