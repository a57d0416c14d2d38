// DescribeGroups and ListGroups for a classic group. Metadata is shown of a stable group only,
// since only then do all members use the same protocol.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { DescribeGroupEvent } from '../events.ts'
import type { DescribedGroup, ListedGroup } from '../messages.ts'
import type { ShardState } from '../shard-state.ts'
import type { ClassicGroup } from './classic-group.ts'
import { metadataFor, noAssignment } from './classic-member.ts'

/** From this version on an unknown group is an error; before, it is described as a dead one. */
const groupIdNotFoundSince = 6

export function describeGroup(
  state: ShardState,
  { groupId, apiVersion }: Pick<DescribeGroupEvent, 'groupId' | 'apiVersion'>,
): DescribedGroup {
  const group = state.groups.get(groupId)
  if (group === undefined) return unknownGroup(groupId, apiVersion, 'not found')
  if (group.type !== 'classic') return unknownGroup(groupId, apiVersion, 'is not a classic group')
  const isStable = group.state === 'Stable'
  return {
    errorCode: errorCodes.NONE,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataFor(member, group.protocolName) : noAssignment,
      memberAssignment: member.assignment,
    })),
  }
}

function unknownGroup(groupId: string, apiVersion: number, why: string): DescribedGroup {
  const isError = apiVersion >= groupIdNotFoundSince
  return {
    errorCode: isError ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE,
    errorMessage: isError ? `Group ${groupId} ${why}.` : null,
    groupId,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}

export function listedGroup(group: ClassicGroup): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? '',
    groupState: group.state,
    groupType: 'classic',
  }
}
