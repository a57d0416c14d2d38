// TxnOffsetCommit, and the end of transactions in a partition of `__consumer_offsets`: offsets that
// become a group's together with the records that a transaction wrote (KIP-98, KIP-447). The end is
// written in the order of the shard's other writes, so that no commit can fall behind it.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { AfterWrite } from '../after-write.ts'
import { ClassicGroup } from '../classic/classic-group.ts'
import { validateMember } from '../classic/membership.ts'
import { validateTransactionalCommit } from '../consumer/offsets.ts'
import type { CommitTransactionalEvent, EndTransactionEvent } from '../events.ts'
import { groupsPerPartitionMax, identifierBytesMax, partitionsPerCommitMax } from '../limits.ts'
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../messages.ts'
import { offsetRecord } from '../records.ts'
import type { Group, ShardState } from '../shard-state.ts'
import { validateStreamsTransactional } from '../streams/offsets.ts'
import type { Turn } from '../turn.ts'
import { responseCodeOf, responseErrorOf } from '../write-errors.ts'
import type { OffsetChange } from './offset-store.ts'

export function commitTransactional(turn: Turn, event: CommitTransactionalEvent): void {
  const { groupId, request, token } = event
  const refuse = (error: KafkaErrorName) => {
    turn.respond(token, answerAllTransactional(request, errorCodes[error]))
  }
  const group = turn.state.groups.get(groupId)
  const error = validate(turn, group, request)
  if (error !== null) return refuse(error)
  if (group === undefined) makeSimpleGroup(turn.state, groupId, turn.now.wallMs)
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
        expireTimestampMs: -1,
        topicId: event.topicIds.get(topic.name) ?? zeroUuid,
      },
    })
    return errorCodes.NONE
  })
  if (changes.length === 0) return turn.respond(token, response)
  const { producerId, producerEpoch } = request
  const records = changes.map((change) => offsetRecord(groupId, change, change.value))
  const kind = { type: 'transactional', producerId, producerEpoch, guard: event.guard } as const
  const after = { groupId, token, response, producerId, changes }
  turn.state.pendingOffsets.begin(groupId, changes)
  turn.write(records, { type: 'transactionalCommitted', ...after }, { kind })
}

function validate(
  turn: Turn,
  group: Group | undefined,
  request: TxnOffsetCommitRequest,
): KafkaErrorName | null {
  const { generationId, memberId, groupInstanceId } = request
  let count = 0
  for (const { partitions } of request.topics) count += partitions.length
  if (count > partitionsPerCommitMax) return responseErrorOf('MESSAGE_TOO_LARGE')
  if (group === undefined) {
    if (generationId >= 0) return 'ILLEGAL_GENERATION'
    return turn.state.groups.size >= groupsPerPartitionMax ? 'POLICY_VIOLATION' : null
  }
  // Producers from before KIP-447 name no member: they are fenced by their epoch alone.
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return null
  if (group.type === 'consumer') {
    const { topics } = request
    return validateTransactionalCommit(turn, group, { memberId, epoch: generationId, topics })
  }
  if (group.type === 'streams') {
    const { topics } = request
    return validateStreamsTransactional(group, { memberId, epoch: generationId, topics })
  }
  const error = validateMember(group, memberId, groupInstanceId)
  if (error !== null) return error
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : null
}

export function onTransactionalCommitted(
  turn: Turn,
  committed: AfterWrite & { type: 'transactionalCommitted' },
  error: KafkaErrorName | null,
): void {
  const { groupId, token, response, producerId, changes } = committed
  turn.state.pendingOffsets.end(groupId, changes)
  if (error === null) {
    turn.state.pendingOffsets.add(producerId, groupId, changes)
    return turn.respond(token, response)
  }
  turn.respond(token, answerAllTransactional(response, responseCodeOf(error)))
}

export function endTransaction(turn: Turn, { token, marker }: EndTransactionEvent): void {
  turn.write([], { type: 'transactionEnded', groupId: '', token, marker }, { kind: marker })
}

export function onTransactionEnded(
  turn: Turn,
  { token, marker }: AfterWrite & { type: 'transactionEnded' },
  error: KafkaErrorName | null,
): void {
  if (error === null) settleTransaction(turn.state, marker.producerId, marker.isCommit)
  // As the log has it: the transaction coordinator knows what each error asks for.
  turn.respond(token, error ?? 'NONE')
}

/** Also when the partition is read back. */
export function settleTransaction(state: ShardState, producerId: number, isCommit: boolean): void {
  for (const [groupId, changes] of state.pendingOffsets.take(producerId)) {
    if (!isCommit || changes.length === 0) continue
    for (const change of changes) state.offsetsOf(groupId).put(change, change.value)
    if (!state.groups.has(groupId)) makeSimpleGroup(state, groupId, null)
  }
}

function makeSimpleGroup(state: ShardState, groupId: string, sinceMs: number | null): void {
  state.groups.set(groupId, new ClassicGroup(groupId, sinceMs))
}

type CommittedTopic = TxnOffsetCommitRequest['topics'][number]
type CommittedPartition = CommittedTopic['partitions'][number]

function answerEach(
  request: TxnOffsetCommitRequest,
  codeOf: (topic: CommittedTopic, partition: CommittedPartition) => number,
): TxnOffsetCommitResponse {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: codeOf(topic, partition),
      })),
    })),
  }
}

/** One error for every partition that the request, or a prepared answer, names. */
export function answerAllTransactional(
  request: Pick<TxnOffsetCommitRequest, 'topics'> | TxnOffsetCommitResponse,
  errorCode: number,
): TxnOffsetCommitResponse {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
