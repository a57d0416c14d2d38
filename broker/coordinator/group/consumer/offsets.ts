// Who may commit and fetch offsets in a group of the consumer protocol (KIP-848): members with
// their present epoch, or with an earlier one for partitions that have been theirs since
// (KIP-1251).

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { CommitOffsetsEvent } from '../events.ts'
import type { OffsetFetchGroup } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** From this version on a commit can name a member epoch. */
const memberEpochSince = 9

export function validateConsumerCommit(
  turn: Turn,
  group: ConsumerGroup,
  { request, apiVersion }: CommitOffsetsEvent,
): KafkaErrorName | null {
  const epoch = request.generationIdOrMemberEpoch
  if (epoch < 0 && group.members.size === 0) return null
  const member = group.members.get(request.memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  if (member.classic === null && apiVersion < memberEpochSince) return 'UNSUPPORTED_VERSION'
  if (epoch === member.memberEpoch) return null
  return isCurrent(turn, member, { epoch, topics: request.topics }) ? null : staleError(member)
}

/** The same for offsets in a transaction, whose producers know of generations only. */
export function validateTransactionalCommit(
  turn: Turn,
  group: ConsumerGroup,
  {
    memberId,
    epoch,
    topics,
  }: { memberId: string; epoch: number; topics: readonly CommittedTopic[] },
): KafkaErrorName | null {
  if (epoch < 0 && group.members.size === 0) return null
  const member = group.members.get(memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  return isCurrent(turn, member, { epoch, topics }) ? null : 'ILLEGAL_GENERATION'
}

interface CommittedTopic {
  readonly name: string
  readonly topicId?: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

interface Commit {
  readonly epoch: number
  readonly topics: readonly CommittedTopic[]
}

function isCurrent(turn: Turn, member: ConsumerMember, commit: Commit): boolean {
  if (commit.epoch === member.memberEpoch) return true
  return commit.epoch < member.memberEpoch && ownsSince(turn, member, commit)
}

/** A generation is what members of the classic protocol know. */
function staleError({ classic }: ConsumerMember): KafkaErrorName {
  return classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION'
}

function ownsSince(turn: Turn, member: ConsumerMember, { epoch, topics }: Commit): boolean {
  return topics.every(({ name, topicId = zeroUuid, partitions }) => {
    const id = topicId === zeroUuid ? turn.topics.byName(name)?.id : topicId
    if (id === undefined) return false
    return partitions.every(({ partitionIndex }) => {
      const assignedAt =
        member.assigned.get(id)?.get(partitionIndex) ??
        member.pendingRevocation.get(id)?.get(partitionIndex)
      return assignedAt !== undefined && epoch >= assignedAt
    })
  })
}

export function validateConsumerFetch(
  group: ConsumerGroup,
  { memberId, memberEpoch }: OffsetFetchGroup,
): KafkaErrorName | null {
  // An admin client names no member.
  if (memberId === null && memberEpoch < 0) return null
  const member = group.members.get(memberId ?? '')
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  return memberEpoch === member.memberEpoch ? null : staleError(member)
}
