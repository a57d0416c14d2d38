// Who may commit and fetch offsets in a streams group: members with their present epoch, or with an
// earlier one for the inputs of active tasks that have been theirs since (KIP-1251).

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { CommitOffsetsEvent } from '../events.ts'
import type { OffsetFetchGroup } from '../messages.ts'
import type { StreamsGroup } from './streams-group.ts'
import type { StreamsMember } from './streams-member.ts'

/** From this version on a commit can name a member epoch. */
const memberEpochSince = 9

interface CommittedTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

interface Commit {
  readonly memberId: string
  readonly epoch: number
  readonly topics: readonly CommittedTopic[]
}

export function validateStreamsCommit(
  group: StreamsGroup,
  { request, apiVersion }: CommitOffsetsEvent,
): KafkaErrorName | null {
  const { memberId, generationIdOrMemberEpoch: epoch, topics } = request
  const isMember = group.members.has(memberId)
  if (isMember && apiVersion < memberEpochSince) return 'UNSUPPORTED_VERSION'
  return problemOf(group, { memberId, epoch, topics }, 'STALE_MEMBER_EPOCH')
}

/** The same for offsets in a transaction, whose producers know of generations only. */
export function validateStreamsTransactional(
  group: StreamsGroup,
  commit: Commit,
): KafkaErrorName | null {
  return problemOf(group, commit, 'ILLEGAL_GENERATION')
}

function problemOf(
  group: StreamsGroup,
  commit: Commit,
  staleError: KafkaErrorName,
): KafkaErrorName | null {
  if (commit.epoch < 0 && group.members.size === 0) return null
  const member = group.members.get(commit.memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  if (commit.epoch === member.memberEpoch) return null
  const isLate = commit.epoch < member.memberEpoch
  return isLate && ownsSince(group, member, commit) ? null : staleError
}

function ownsSince(group: StreamsGroup, member: StreamsMember, { epoch, topics }: Commit): boolean {
  return topics.every(({ name, partitions }) => {
    const reader = group.readerOf(name)
    if (reader === undefined) return false
    const assigned = member.assigned.active.get(reader.subtopologyId)
    const revoked = member.pendingRevocation.active.get(reader.subtopologyId)
    return partitions.every(({ partitionIndex }) => {
      const assignedAt = assigned?.get(partitionIndex) ?? revoked?.get(partitionIndex)
      return assignedAt !== undefined && epoch >= assignedAt
    })
  })
}

export function validateStreamsFetch(
  group: StreamsGroup,
  { memberId, memberEpoch }: OffsetFetchGroup,
): KafkaErrorName | null {
  // An admin client names no member.
  if (memberId === null && memberEpoch < 0) return null
  const member = group.members.get(memberId ?? '')
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  return memberEpoch === member.memberEpoch ? null : 'STALE_MEMBER_EPOCH'
}
