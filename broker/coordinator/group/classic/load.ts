// A classic group as its last record left it. Members that the record names are taken to be alive:
// they get a session's time to show it.

import type { GroupMetadata } from '../records.ts'
import type { Turn } from '../turn.ts'
import { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, noDeadline } from './classic-member.ts'
import { extendSession } from './membership.ts'
import { prepareRebalance } from './rebalance.ts'

export function loadedGroup(groupId: string, metadata: GroupMetadata): ClassicGroup {
  const { currentStateTimestamp } = metadata
  const group = new ClassicGroup(
    groupId,
    currentStateTimestamp === -1 ? null : currentStateTimestamp,
  )
  group.generationId = metadata.generation
  group.protocolType = metadata.protocolType === '' ? null : metadata.protocolType
  group.protocolName = metadata.protocol
  for (const stored of metadata.members) group.add(loadedMember(stored, metadata.protocol ?? ''))
  group.state = group.members.size === 0 ? 'Empty' : 'Stable'
  group.previousState = group.state
  group.leaderId =
    metadata.leader !== null && group.members.has(metadata.leader)
      ? metadata.leader
      : group.leaderId
  group.persisted = true
  group.updateSubscribedTopics()
  return group
}

function loadedMember(
  stored: GroupMetadata['members'][number],
  protocolName: string,
): ClassicMember {
  return {
    memberId: stored.memberId,
    groupInstanceId: stored.groupInstanceId,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    rebalanceTimeoutMs:
      stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
    sessionTimeoutMs: stored.sessionTimeout,
    protocols: [{ name: protocolName, metadata: Buffer.from(stored.subscription) }],
    assignment: Buffer.from(stored.assignment),
    isNew: false,
    knowsItsId: true,
    awaitingJoin: null,
    awaitingSync: null,
    deadlineMs: noDeadline,
  }
}

/** The shard goes into service. */
export function onGroupLoaded(turn: Turn, group: ClassicGroup): void {
  for (const member of group.members.values()) extendSession(turn, group, member)
  // Over a limit that was lowered meanwhile: members may commit their offsets before some are
  // turned away.
  if (group.members.size > turn.config.maxSize) prepareRebalance(turn, group)
}
