// Which group and which member a heartbeat of a streams group speaks for, and whether it may:
// epochs fence members that the group has given up.

import { BrokerError } from '../../../errors.ts'
import { admitGroup, checkEpoch, checkSize } from '../admission.ts'
import type { Changes } from '../changes.ts'
import { joinEpoch } from '../consumer/consumer-member.ts'
import type { StreamsHeartbeatRequest } from '../messages.ts'
import type { Turn } from '../turn.ts'
import { unknownStreamsMember } from './leave.ts'
import { StreamsGroup } from './streams-group.ts'
import { newStreamsMember, type StreamsMember } from './streams-member.ts'
import { areWithin } from './tasks.ts'

export function groupForHeartbeat(
  turn: Turn,
  changes: Changes,
  { groupId, memberId, memberEpoch }: StreamsHeartbeatRequest,
): StreamsGroup {
  const group = turn.state.groups.get(groupId)
  if (group?.type === 'streams') {
    const { maxSize } = turn.config.streams
    if (memberEpoch === joinEpoch) checkSize(group, { kind: 'streams', memberId, maxSize })
    return group
  }
  if (memberEpoch !== joinEpoch && group === undefined) {
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Streams group ${groupId} not found.`)
  }
  const replaced = group?.type === 'classic' && group.state === 'Empty' ? group : undefined
  if (memberEpoch !== joinEpoch || group !== replaced) {
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a streams group.`)
  }
  const made = new StreamsGroup(groupId)
  admitGroup(turn, changes, { made, replaced })
  return made
}

/** The member as it was before; a new one for a join. */
export function memberForHeartbeat(
  group: StreamsGroup,
  request: StreamsHeartbeatRequest,
): StreamsMember {
  const { memberId, memberEpoch, instanceId } = request
  if (instanceId !== null) {
    throw new BrokerError('UNSUPPORTED_VERSION', 'Static members are not supported yet.')
  }
  const member = group.members.get(memberId)
  if (member === undefined) {
    if (memberEpoch !== joinEpoch) throw unknownStreamsMember(group.groupId, memberId)
    return newStreamsMember(memberId)
  }
  checkEpoch(member, {
    kind: 'streams',
    epoch: memberEpoch,
    ownsOnlyItsOwn: () => ownsOnlyItsOwn(member, request),
  })
  return member
}

function ownsOnlyItsOwn({ assigned }: StreamsMember, request: StreamsHeartbeatRequest): boolean {
  const { activeTasks, standbyTasks, warmupTasks } = request
  return (
    activeTasks !== null &&
    standbyTasks !== null &&
    warmupTasks !== null &&
    areWithin(activeTasks, assigned.active) &&
    areWithin(standbyTasks, assigned.standby) &&
    areWithin(warmupTasks, assigned.warmup)
  )
}
