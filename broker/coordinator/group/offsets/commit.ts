// OffsetCommit: who may commit, and what is written. Offsets count as committed only once they are
// durable.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assert, assertNever } from '../../../assert.ts'
import type { AfterWrite } from '../after-write.ts'
import { ClassicGroup } from '../classic/classic-group.ts'
import { extendSession, validateMember } from '../classic/membership.ts'
import { validateConsumerCommit } from '../consumer/offsets.ts'
import type { CommitOffsetsEvent } from '../events.ts'
import { groupsPerPartitionMax, identifierBytesMax, partitionsPerCommitMax } from '../limits.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../messages.ts'
import { offsetRecord } from '../records.ts'
import type { Group } from '../shard-state.ts'
import { validateStreamsCommit } from '../streams/offsets.ts'
import type { Turn } from '../turn.ts'
import { responseCodeOf } from '../write-errors.ts'
import type { OffsetChange } from './offset-store.ts'

/**
 * From this version on an unknown group is named as such (KIP-848); before, its generation is
 * illegal.
 */
const groupIdNotFoundSince = 9
const noRetentionTime = -1

export function commitOffsets(turn: Turn, event: CommitOffsetsEvent): void {
  const { groupId, request, token } = event
  if (partitionCount(request) > partitionsPerCommitMax) {
    turn.respond(token, answerAll(request, responseCodeOf('MESSAGE_TOO_LARGE')))
    return
  }
  const group = turn.state.groups.get(groupId)
  const error = validateCommit(turn, group, event)
  if (error !== null) {
    turn.respond(token, answerAll(request, errorCodes[error]))
    return
  }
  if (group === undefined) makeSimpleGroup(turn, groupId)
  else if (group.type === 'classic') keepSession(turn, group, request)
  const changes: OffsetChange[] = []
  const response = answerEach(request, (topic, partition) => {
    const metadata = partition.committedMetadata ?? ''
    const metadataMax = Math.min(turn.config.offsetMetadataMaxBytes, identifierBytesMax)
    if (metadata.length > metadataMax) return errorCodes.OFFSET_METADATA_TOO_LARGE
    changes.push({
      topic: topic.name,
      partition: partition.partitionIndex,
      value: {
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata,
        commitTimestampMs: turn.now.wallMs,
        expireTimestampMs:
          request.retentionTimeMs === noRetentionTime
            ? -1
            : turn.now.wallMs + request.retentionTimeMs,
        topicId: topic.topicId,
      },
    })
    return errorCodes.NONE
  })
  if (changes.length === 0) {
    turn.respond(token, response)
    return
  }
  const records = changes.map((change) => offsetRecord(groupId, change, change.value))
  const writeId = turn.write(records, { type: 'offsetsCommitted', groupId, token, response })
  turn.state.offsetsOf(groupId).inFlight.set(writeId, changes)
}

function partitionCount({ topics }: OffsetCommitRequest): number {
  let count = 0
  for (const { partitions } of topics) count += partitions.length
  return count
}

/**
 * A commit without a generation makes the group: its consumer assigns partitions to itself, or is
 * an admin tool.
 */
function validateWithoutGroup(
  turn: Turn,
  { request, apiVersion }: CommitOffsetsEvent,
): KafkaErrorName | null {
  if (request.generationIdOrMemberEpoch >= 0) {
    return apiVersion >= groupIdNotFoundSince ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
  }
  return turn.state.groups.size >= groupsPerPartitionMax ? 'POLICY_VIOLATION' : null
}

function makeSimpleGroup(turn: Turn, groupId: string): void {
  turn.state.groups.set(groupId, new ClassicGroup(groupId, turn.now.wallMs))
}

function validateCommit(
  turn: Turn,
  group: Group | undefined,
  event: CommitOffsetsEvent,
): KafkaErrorName | null {
  if (group === undefined) return validateWithoutGroup(turn, event)
  switch (group.type) {
    case 'classic':
      return validateClassicCommit(group, event.request)
    case 'consumer':
      return validateConsumerCommit(turn, group, event)
    case 'streams':
      return validateStreamsCommit(group, event)
    default:
      return assertNever(group)
  }
}

function validateClassicCommit(
  group: ClassicGroup,
  request: OffsetCommitRequest,
): KafkaErrorName | null {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  if (generationId < 0 && group.state === 'Empty') return null
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    const error = validateMember(group, memberId, groupInstanceId)
    if (error !== null) return error
    if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  } else if (group.state !== 'Empty') {
    return 'UNKNOWN_MEMBER_ID'
  }
  // The member has joined this generation but does not know its partitions yet.
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : null
}

/** A commit is a sign of life. */
function keepSession(turn: Turn, group: ClassicGroup, request: OffsetCommitRequest): void {
  const member = group.members.get(request.memberId)
  if (member !== undefined) extendSession(turn, group, member)
}

export function onOffsetsCommitted(
  turn: Turn,
  writeId: number,
  committed: AfterWrite & { type: 'offsetsCommitted' },
  error: KafkaErrorName | null,
): void {
  const { groupId, token, response } = committed
  const offsets = turn.state.offsetsOf(groupId)
  const changes = offsets.inFlight.get(writeId)
  assert(changes !== undefined, 'a commit is in flight until its write ends')
  offsets.inFlight.delete(writeId)
  if (error !== null) {
    turn.respond(token, answerAll(response, responseCodeOf(error)))
    return
  }
  for (const change of changes) {
    offsets.put(change, change.value)
    turn.state.pendingOffsets.supersede(groupId, change)
  }
  turn.respond(token, response)
}

type CommittedTopic = OffsetCommitRequest['topics'][number]
type CommittedPartition = CommittedTopic['partitions'][number]

function answerEach(
  request: OffsetCommitRequest,
  codeOf: (topic: CommittedTopic, partition: CommittedPartition) => number,
): OffsetCommitResponse {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: topic.partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: codeOf(topic, partition),
      })),
    })),
  }
}

/** One error for every partition that the request, or a prepared answer, names. */
export function answerAll(
  request: Pick<OffsetCommitRequest, 'topics'> | OffsetCommitResponse,
  errorCode: number,
): OffsetCommitResponse {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
