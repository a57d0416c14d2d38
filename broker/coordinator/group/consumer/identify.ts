// Which member a request speaks for, and whether it may: epochs fence members that the group has
// given up, instance ids those that another process has replaced (KIP-345, KIP-848).

import { BrokerError } from '../../../errors.ts'
import { checkEpoch } from '../admission.ts'
import type { Changes } from '../changes.ts'
import type { ConsumerHeartbeatRequest } from '../messages.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, joinEpoch, newMember, staticLeaveEpoch } from './consumer-member.ts'
import { isWithin, noPartitions } from './partitions.ts'

interface Asking {
  readonly request: ConsumerHeartbeatRequest
  /** That of the request, or a new one where it has none. */
  readonly memberId: string
}

/** The member of a heartbeat, as it was before; a new one for a join. */
export function memberForHeartbeat(
  changes: Changes,
  group: ConsumerGroup,
  { request, memberId }: Asking,
): ConsumerMember {
  const { instanceId, memberEpoch } = request
  const isJoin = memberEpoch === joinEpoch
  if (instanceId === null) {
    const member = group.members.get(memberId)
    if (member === undefined && !isJoin) throw unknownMember(group.groupId, memberId)
    if (member !== undefined) checkMember(member, request)
    return member ?? newMember(memberId)
  }
  const existing = group.staticMember(instanceId)
  if (isJoin) {
    if (existing === undefined) return group.members.get(memberId) ?? newMember(memberId)
    if (existing.classic === null && existing.memberEpoch !== staticLeaveEpoch) {
      throw new BrokerError(
        'UNRELEASED_INSTANCE_ID',
        `Static member ${memberId} with instance id ${instanceId} cannot join the group because ` +
          `the instance id is owned by ${existing.memberId} member.`,
      )
    }
    return replaceStaticMember(changes, group, { existing, memberId })
  }
  const member = staticMember(group, { instanceId, memberId })
  checkMember(member, request)
  return member
}

export function unknownMember(groupId: string, memberId: string): BrokerError {
  return new BrokerError(
    'UNKNOWN_MEMBER_ID',
    `Member ${memberId} is not a member of group ${groupId}.`,
  )
}

/** The member that holds the instance id, provided that it is the one that asks. */
export function staticMember(
  group: ConsumerGroup,
  { instanceId, memberId }: { instanceId: string; memberId: string },
): ConsumerMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) {
    throw new BrokerError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  }
  if (member.memberId !== memberId) {
    throw new BrokerError(
      'FENCED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} was fenced by member ` +
        `${member.memberId}.`,
    )
  }
  return member
}

function checkMember(member: ConsumerMember, request: ConsumerHeartbeatRequest): void {
  const { memberEpoch: epoch, topicPartitions: owned } = request
  const ownsOnlyItsOwn = () => owned !== null && isWithin(owned, member.assigned)
  checkEpoch(member, { kind: 'consumer', epoch, ownsOnlyItsOwn })
}

/** The new member takes the place of the old: its target, and what it had of it. */
export function replaceStaticMember(
  changes: Changes,
  group: ConsumerGroup,
  { existing, memberId }: { existing: ConsumerMember; memberId: string },
): ConsumerMember {
  const { groupId } = group
  const replacement = { ...existing, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  const target = group.target(existing.memberId) ?? noPartitions
  removeMember(changes, group, existing.memberId)
  changes.add({ type: 'member', groupId, memberId, value: replacement })
  changes.add({ type: 'target', groupId, memberId, value: target })
  changes.add({ type: 'current', groupId, memberId, value: replacement })
  return replacement
}

export function removeMember(changes: Changes, group: ConsumerGroup, memberId: string): void {
  const { groupId } = group
  changes.add({ type: 'current', groupId, memberId, value: null })
  changes.add({ type: 'target', groupId, memberId, value: null })
  changes.add({ type: 'member', groupId, memberId, value: null })
}
