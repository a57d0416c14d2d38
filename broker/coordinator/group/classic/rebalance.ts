// How a classic group goes from one generation to the next: PreparingRebalance gathers JoinGroups,
// the completed join answers them all and waits for SyncGroup in CompletingRebalance. No group
// stays in PreparingRebalance for ever, since entering it sets a deadline.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assert } from '../../../assert.ts'
import { groupRecord } from '../records.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import { answerJoin, answerSync, joinAnswer, syncError } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noAssignment, noDeadline } from './classic-member.ts'
import { extendSession, removeMember } from './membership.ts'

/**
 * Static members that nobody heard of for a whole rebalance are asked for again no sooner than
 * this.
 */
const rejoinRetryMsMin = 1_000
const generationMax = 0x7fff_ffff

/** Starts a rebalance; if one is gathering members already, sees whether all are there. */
export function rebalance(turn: Turn, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') completeJoinIfReady(turn, group)
  else prepareRebalance(turn, group)
}

export function prepareRebalance(turn: Turn, group: ClassicGroup): void {
  if (group.state === 'CompletingRebalance') dropAssignments(turn, group, 'REBALANCE_IN_PROGRESS')
  group.pendingSync.clear()
  group.syncDeadlineMs = noDeadline
  const isInitial = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', turn.now.wallMs)
  group.newMemberAdded = false
  if (isInitial) {
    const delayMs = turn.config.initialRebalanceDelayMs
    setJoinPhase(turn, group, {
      type: 'initial',
      deadlineMs: turn.now.monotonicMs + delayMs,
      delayMs,
      remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0),
    })
  } else if (group.allMembersJoined) {
    completeJoin(turn, group)
  } else {
    const deadlineMs = turn.now.monotonicMs + group.rebalanceTimeoutMs
    setJoinPhase(turn, group, { type: 'rejoin', deadlineMs })
  }
}

function setJoinPhase(
  turn: Turn,
  group: ClassicGroup,
  phase: NonNullable<ClassicGroup['joinPhase']>,
): void {
  group.joinPhase = phase
  arm(turn, group, phase.deadlineMs)
}

/** Answers all waiting SyncGroups with an error: their generation is over before it began. */
export function dropAssignments(turn: Turn, group: ClassicGroup, error: KafkaErrorName): void {
  assert(group.state === 'CompletingRebalance', 'assignments are dropped before they are stable')
  for (const member of group.members.values()) {
    member.assignment = noAssignment
    if (answerSync(turn, member, syncError(error))) extendSession(turn, group, member)
  }
}

/**
 * Ends the gathering when every member is there. The first rebalance waits for its delay in any
 * case.
 */
export function completeJoinIfReady(turn: Turn, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance') return
  if (group.joinPhase?.type === 'initial') return
  if (group.allMembersJoined) completeJoin(turn, group)
}

/** The deadline of the gathering has passed. */
export function onJoinDeadline(turn: Turn, group: ClassicGroup): void {
  const phase = group.joinPhase
  assert(phase !== null, 'a join deadline belongs to a join phase')
  if (phase.type === 'rejoin' || !group.newMemberAdded || phase.remainingMs === 0) {
    completeJoin(turn, group)
    return
  }
  // Members keep coming: wait once more, so that a group that starts together rebalances once.
  group.newMemberAdded = false
  const delayMs = Math.min(turn.config.initialRebalanceDelayMs, phase.remainingMs)
  setJoinPhase(turn, group, {
    type: 'initial',
    deadlineMs: turn.now.monotonicMs + delayMs,
    delayMs,
    remainingMs: Math.max(phase.remainingMs - phase.delayMs, 0),
  })
}

function completeJoin(turn: Turn, group: ClassicGroup): void {
  assert(group.state === 'PreparingRebalance', 'a join completes once')
  group.joinPhase = null
  for (const member of group.members.values()) {
    // A static member keeps its place until its session ends: that is what makes it static.
    if (member.awaitingJoin === null && member.groupInstanceId === null) {
      removeMember(turn, group, member)
    }
  }
  if (group.members.size === 0) {
    beginEmptyGeneration(turn, group)
  } else if (group.electJoinedLeader()) {
    beginGeneration(turn, group)
  } else {
    const delayMs = Math.max(group.rebalanceTimeoutMs, rejoinRetryMsMin)
    const deadlineMs = turn.now.monotonicMs + delayMs
    setJoinPhase(turn, group, { type: 'rejoin', deadlineMs })
  }
}

function nextGenerationId(group: ClassicGroup): number {
  return group.generationId === generationMax ? 1 : group.generationId + 1
}

function beginGeneration(turn: Turn, group: ClassicGroup): void {
  group.generationId = nextGenerationId(group)
  group.protocolName = group.selectProtocol()
  group.updateSubscribedTopics()
  group.transitionTo('CompletingRebalance', turn.now.wallMs)
  for (const member of group.members.values()) {
    answerJoin(turn, group, member, joinAnswer(group, member))
    member.isNew = false
    group.pendingSync.add(member.memberId)
    extendSession(turn, group, member)
  }
  group.syncDeadlineMs = turn.now.monotonicMs + group.rebalanceTimeoutMs
  arm(turn, group, group.syncDeadlineMs)
}

function beginEmptyGeneration(turn: Turn, group: ClassicGroup): void {
  group.generationId = nextGenerationId(group)
  group.protocolName = null
  group.updateSubscribedTopics()
  group.transitionTo('Empty', turn.now.wallMs)
  group.persisted = true
  // Stored for the time at which the group became empty: the offsets' retention counts from it
  // (KIP-211).
  turn.write([groupRecord(group, () => noAssignment)], {
    type: 'groupStored',
    groupId: group.groupId,
  })
}
