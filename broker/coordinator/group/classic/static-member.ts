// A static member that comes back under a new member id (KIP-345) takes its old self's place. In a
// stable group that costs no rebalance: the new id is stored, and the member goes on with the
// assignment it had (KIP-814, v9).

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assert } from '../../../assert.ts'
import type { AfterWrite } from '../after-write.ts'
import type { JoinGroupEvent } from '../events.ts'
import { groupRecord } from '../records.ts'
import type { Turn } from '../turn.ts'
import { responseErrorOf } from '../write-errors.ts'
import {
  answerJoin,
  answerSync,
  joinAnswer,
  joinError,
  syncError,
  unknownMemberId,
} from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { extendSession, updateMember } from './membership.ts'
import { completeJoinIfReady, prepareRebalance } from './rebalance.ts'

/** From this version on, a leader can be told to keep the assignment that there is. */
const skipAssignmentSince = 9

export function replaceStaticMember(
  turn: Turn,
  group: ClassicGroup,
  { old, event, memberId }: { old: ClassicMember; event: JoinGroupEvent; memberId: string },
): void {
  assert(group.state !== 'Empty', 'an empty group has no static member')
  const leaderBefore = group.leaderId
  // Whoever still waits under the old id is the former self.
  answerJoin(turn, group, old, joinError(old.memberId, 'FENCED_INSTANCE_ID'))
  answerSync(turn, old, syncError('FENCED_INSTANCE_ID'))
  const before: ClassicMember = { ...old }
  const member: ClassicMember = {
    ...old,
    memberId,
    clientId: event.clientId,
    clientHost: event.clientHost,
    isNew: false,
    knowsItsId: false,
  }
  group.replace(old, member)
  extendSession(turn, group, member)
  updateMember(turn, group, member, event)
  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() === group.protocolName) {
        storeMemberId(turn, group, { member, before, leaderBefore, apiVersion: event.apiVersion })
      } else {
        prepareRebalance(turn, group)
      }
      return
    case 'CompletingRebalance':
      // The leader may be assigning to the old id right now: the new one would get nothing.
      prepareRebalance(turn, group)
      return
    case 'PreparingRebalance':
      completeJoinIfReady(turn, group)
      return
  }
}

function storeMemberId(
  turn: Turn,
  group: ClassicGroup,
  {
    member,
    before,
    leaderBefore,
    apiVersion,
  }: {
    member: ClassicMember
    before: ClassicMember
    leaderBefore: string | null
    apiVersion: number
  },
): void {
  turn.write([groupRecord(group, ({ assignment }) => assignment)], {
    type: 'staticMemberStored',
    groupId: group.groupId,
    memberId: member.memberId,
    before,
    leaderBefore,
    apiVersion,
  })
}

export function onStaticMemberStored(
  turn: Turn,
  group: ClassicGroup,
  stored: AfterWrite & { type: 'staticMemberStored' },
  error: KafkaErrorName | null,
): void {
  const member = group.members.get(stored.memberId)
  // Removed, replaced again or answered by a rebalance meanwhile: nothing is left to do.
  if (member === undefined || member.awaitingJoin === null) return
  if (error !== null) {
    const refused = joinAnswer(group, member, {
      ...joinError(unknownMemberId, responseErrorOf(error)),
      leader: stored.leaderBefore ?? '',
    })
    answerJoin(turn, group, member, refused)
    const restored: ClassicMember = { ...stored.before }
    group.replace(member, restored)
    extendSession(turn, group, restored)
    correctLaterRecords(turn, group)
    return
  }
  if (group.state !== 'Stable') return
  // It may have come back with other topics, and the record says so.
  group.updateSubscribedTopics()
  answerJoin(turn, group, member, answerAfterReplacement(group, member, stored))
}

/**
 * Records that are on their way already name the id that was just given up: one more follows them.
 */
function correctLaterRecords(turn: Turn, group: ClassicGroup): void {
  if (group.state !== 'Stable') return
  for (const { after } of turn.state.writes.values()) {
    if (after.type !== 'staticMemberStored' || after.groupId !== group.groupId) continue
    turn.write([groupRecord(group, ({ assignment }) => assignment)], {
      type: 'groupStored',
      groupId: group.groupId,
    })
    return
  }
}

function answerAfterReplacement(
  group: ClassicGroup,
  member: ClassicMember,
  { apiVersion, leaderBefore }: AfterWrite & { type: 'staticMemberStored' },
): ReturnType<typeof joinAnswer> {
  if (apiVersion >= skipAssignmentSince) {
    return joinAnswer(group, member, { skipAssignment: group.leaderId === member.memberId })
  }
  // Named as its own leader's follower, so that an older client that leads does not assign anew:
  // the others would never ask for it.
  return joinAnswer(group, member, { members: [], leader: leaderBefore ?? '' })
}
