// Everything that can happen to a shard. Requests carry the token that their answer goes to.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { MarkerBatch } from '../partition-writer.ts'
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  DeletedGroup,
  DescribedConsumerGroup,
  DescribedGroup,
  DescribedStreamsGroup,
  FetchedOffsets,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchGroup,
  StreamsHeartbeatRequest,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from './messages.ts'
import type { StreamsHeartbeatResult } from './streams/heartbeat-result.ts'
import type { Token } from './turn.ts'

export interface JoinGroupEvent {
  readonly type: 'joinGroup'
  readonly groupId: string
  readonly token: Token<JoinGroupResponse>
  readonly request: JoinGroupRequest
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  /** For a new member's id. */
  readonly uuid: string
}

export interface SyncGroupEvent {
  readonly type: 'syncGroup'
  readonly groupId: string
  readonly token: Token<SyncGroupResponse>
  readonly request: SyncGroupRequest
}

export interface HeartbeatEvent {
  readonly type: 'heartbeat'
  readonly groupId: string
  readonly token: Token<HeartbeatResponse>
  readonly request: HeartbeatRequest
}

export interface LeaveGroupEvent {
  readonly type: 'leaveGroup'
  readonly groupId: string
  readonly token: Token<LeaveGroupResponse>
  readonly request: LeaveGroupRequest
}

export interface CommitOffsetsEvent {
  readonly type: 'commitOffsets'
  readonly groupId: string
  readonly token: Token<OffsetCommitResponse>
  readonly request: OffsetCommitRequest
  readonly apiVersion: number
}

export interface CommitTransactionalEvent {
  readonly type: 'commitTransactional'
  readonly groupId: string
  readonly token: Token<TxnOffsetCommitResponse>
  readonly request: TxnOffsetCommitRequest
  readonly topicIds: ReadonlyMap<string, string>
  /** See TransactionalBatch. */
  readonly guard: object | null
}

/** Of no group: a transaction ends in the partition, whatever groups it has offsets of. */
export interface EndTransactionEvent {
  readonly type: 'endTransaction'
  readonly groupId: ''
  readonly token: Token<KafkaErrorName>
  readonly marker: MarkerBatch
}

export interface FetchOffsetsEvent {
  readonly type: 'fetchOffsets'
  readonly groupId: string
  readonly token: Token<FetchedOffsets>
  readonly request: OffsetFetchGroup
  readonly requireStable: boolean
  /** It has waited for the commits that were under way. */
  readonly hasWaited?: boolean
}

export interface DeleteOffsetsEvent {
  readonly type: 'deleteOffsets'
  readonly groupId: string
  readonly token: Token<OffsetDeleteResponse>
  readonly request: OffsetDeleteRequest
}

export interface ConsumerHeartbeatEvent {
  readonly type: 'consumerHeartbeat'
  readonly groupId: string
  readonly token: Token<ConsumerHeartbeatResponse>
  readonly request: ConsumerHeartbeatRequest
  readonly clientId: string
  readonly clientHost: string
  /** For the id of a member that has none. */
  readonly uuid: string
}

export interface DescribeConsumerGroupEvent {
  readonly type: 'describeConsumerGroup'
  readonly groupId: string
  readonly token: Token<DescribedConsumerGroup>
}

export interface StreamsHeartbeatEvent {
  readonly type: 'streamsHeartbeat'
  readonly groupId: string
  readonly token: Token<StreamsHeartbeatResult>
  readonly request: StreamsHeartbeatRequest
  readonly clientId: string
  readonly clientHost: string
}

export interface DescribeStreamsGroupEvent {
  readonly type: 'describeStreamsGroup'
  readonly groupId: string
  readonly token: Token<DescribedStreamsGroup>
}

/** The shell has matched a group's patterns against the topics. */
export interface RegexesResolvedEvent {
  readonly type: 'regexesResolved'
  readonly groupId: string
  readonly matches: ReadonlyMap<string, ReadonlySet<string>>
  /** Of the topics that it looked at. */
  readonly version: number
}

export interface DescribeGroupEvent {
  readonly type: 'describeGroup'
  readonly groupId: string
  readonly token: Token<DescribedGroup>
  readonly apiVersion: number
}

export interface DeleteGroupEvent {
  readonly type: 'deleteGroup'
  readonly groupId: string
  readonly token: Token<DeletedGroup>
}

export type RequestEvent =
  | JoinGroupEvent
  | SyncGroupEvent
  | HeartbeatEvent
  | LeaveGroupEvent
  | CommitOffsetsEvent
  | CommitTransactionalEvent
  | EndTransactionEvent
  | FetchOffsetsEvent
  | DeleteOffsetsEvent
  | DescribeGroupEvent
  | ConsumerHeartbeatEvent
  | DescribeConsumerGroupEvent
  | StreamsHeartbeatEvent
  | DescribeStreamsGroupEvent
  | DeleteGroupEvent

export interface DeletedTopic {
  readonly name: string
  readonly id: string
}

export type ShardEvent =
  | RequestEvent
  /** The connection of a waiting JoinGroup closed. */
  | { readonly type: 'abandoned'; readonly groupId: string; readonly token: number }
  /** A write is durable (error null) or was refused. */
  | {
      readonly type: 'written'
      readonly writeId: number
      readonly error: KafkaErrorName | null
    }
  /** The group's timer fired. */
  | { readonly type: 'timeout'; readonly groupId: string }
  /** All records of the partition have been replayed. */
  | { readonly type: 'loaded' }
  | { readonly type: 'expireOffsets' }
  | RegexesResolvedEvent
  | { readonly type: 'topicsDeleted'; readonly topics: readonly DeletedTopic[] }
