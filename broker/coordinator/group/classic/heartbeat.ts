// Heartbeat for a classic group: keeps a member's session and tells it when a rebalance wants it
// back.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { HeartbeatEvent } from '../events.ts'
import type { Turn } from '../turn.ts'
import { extendSession, validateMember } from './membership.ts'

export function heartbeat(turn: Turn, event: HeartbeatEvent): void {
  turn.respond(event.token, { errorCode: errorCodes[beat(turn, event)] })
}

function beat(turn: Turn, { groupId, request }: HeartbeatEvent): KafkaErrorName {
  const group = turn.state.classicGroup(groupId)
  if (group === undefined) return 'UNKNOWN_MEMBER_ID'
  const error = validateMember(group, request.memberId, request.groupInstanceId)
  if (error !== null) return error
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const member = group.members.get(request.memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  extendSession(turn, group, member)
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}
