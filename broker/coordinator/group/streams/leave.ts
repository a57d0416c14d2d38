// How members of a streams group go: by their own will, or because they were not heard of.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import type { Changes } from '../changes.ts'
import type { StreamsHeartbeatRequest } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { StreamsHeartbeatResult } from './heartbeat-result.ts'
import type { StreamsGroup } from './streams-group.ts'

export function leaveStreamsGroup(
  turn: Turn,
  changes: Changes,
  request: StreamsHeartbeatRequest,
): StreamsHeartbeatResult {
  const { groupId, memberId, memberEpoch } = request
  const group = turn.state.groups.get(groupId)
  if (group?.type !== 'streams') {
    const what = group === undefined ? 'not found' : 'is not a streams group'
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} ${what}.`)
  }
  if (!group.members.has(memberId)) throw unknownStreamsMember(groupId, memberId)
  if (request.shutdownApplication) group.shutdownAskedBy ??= memberId
  removeStreamsMembers(changes, group, [memberId])
  const response = {
    errorCode: errorCodes.NONE,
    memberId,
    memberEpoch,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    endpointInformationEpoch: 0,
    status: [],
  }
  return { response, missingTopics: [] }
}

export function unknownStreamsMember(groupId: string, memberId: string): BrokerError {
  return new BrokerError(
    'UNKNOWN_MEMBER_ID',
    `Member ${memberId} is not a member of group ${groupId}.`,
  )
}

/** The group's epoch is bumped, so that the others take over. */
export function removeStreamsMembers(
  changes: Changes,
  group: StreamsGroup,
  memberIds: readonly string[],
): void {
  if (memberIds.length === 0) return
  const { groupId } = group
  for (const memberId of memberIds) {
    changes.addStreams({ type: 'current', groupId, memberId, value: null })
    changes.addStreams({ type: 'target', groupId, memberId, value: null })
    changes.addStreams({ type: 'member', groupId, memberId, value: null })
  }
  const { groupEpoch, metadataHash, validatedTopologyEpoch, assignmentConfigs } = group
  const value = {
    epoch: groupEpoch + 1,
    metadataHash,
    validatedTopologyEpoch,
    assignmentConfigs,
  }
  changes.addStreams({ type: 'metadata', groupId, value })
  changes.afterwards(() => {
    for (const memberId of memberIds) group.deadlines.delete(memberId)
    if (group.members.size === 0) group.shutdownAskedBy = null
  })
}
