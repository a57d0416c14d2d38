// LeaveGroup (key 13), versions 0-5: members leave a classic group. One member until v2; from v3 on
// several, each with its own error, static ones by their instance id too (KIP-345); reason in v5
// (KIP-800). Differs from Kafka: a member id that was given out but never joined leaves without a
// rebalance.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

const severalMembersSince = 3

export const leaveGroup: Handler<'leaveGroup'> = async (request, { groups }, context) => {
  if (context.apiVersion >= severalMembersSince) return groups.leaveGroup(request, context)
  const { groupId, memberId } = request
  const members = [{ memberId, groupInstanceId: null, reason: null }]
  const response = await groups.leaveGroup({ groupId, memberId, members }, context)
  const memberError = response.members?.[0]?.errorCode ?? errorCodes.NONE
  return { errorCode: response.errorCode === errorCodes.NONE ? memberError : response.errorCode }
}
