// How members go: by their own will, for a while (static members), or because they were not heard
// of. When the last member of the consumer protocol goes and others of the classic protocol stay,
// the group becomes a classic one again.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import type { Changes } from '../changes.ts'
import type { ConsumerHeartbeatRequest, ConsumerHeartbeatResponse } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, regexOf, staticLeaveEpoch } from './consumer-member.ts'
import { downgradeGroup, mayDowngrade } from './downgrade.ts'
import { removeMember, staticMember, unknownMember } from './identify.ts'
import { noPartitions } from './partitions.ts'
import { dropUnused } from './regex.ts'
import { refreshEpoch } from './subscription.ts'

export function leaveConsumerGroup(
  turn: Turn,
  changes: Changes,
  { groupId, memberId, instanceId, memberEpoch }: ConsumerHeartbeatRequest,
): ConsumerHeartbeatResponse {
  const group = turn.state.groups.get(groupId)
  if (group?.type !== 'consumer') {
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
  }
  const member =
    instanceId === null
      ? group.members.get(memberId)
      : staticMember(group, { instanceId, memberId })
  if (member === undefined) throw unknownMember(groupId, memberId)
  if (memberEpoch === staticLeaveEpoch) {
    // It will be back: nobody else gets what it has, until its session ends.
    const value = {
      ...member,
      memberEpoch: staticLeaveEpoch,
      pendingRevocation: noPartitions,
    }
    changes.add({ type: 'current', groupId, memberId, value })
  } else {
    removeMembers(turn, changes, { group, members: [member] })
  }
  return { errorCode: errorCodes.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0 }
}

/** Members go for good: the group's epoch is bumped, so that the others take over. */
export function removeMembers(
  turn: Turn,
  changes: Changes,
  { group, members }: { group: ConsumerGroup; members: readonly ConsumerMember[] },
): void {
  if (members.length === 0) return
  const leaving = new Set(members.map(({ memberId }) => memberId))
  if (mayDowngrade(turn, group, leaving)) {
    downgradeGroup(turn, changes, { group, leaving, rebalances: true })
    return
  }
  for (const { memberId } of members) removeMember(changes, group, memberId)
  for (const member of members) dropUnused(changes, group, regexOf(member))
  refreshEpoch(turn, changes, { group, must: true })
  changes.afterwards(() => {
    for (const memberId of leaving) group.deadlines.delete(memberId)
  })
}
