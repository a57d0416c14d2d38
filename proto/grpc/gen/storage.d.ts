// Made by `npm run gen` from proto/grpc/storage.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export const Acks: {
  readonly ACKS_ALL: 0
  readonly ACKS_LEADER: 1
  readonly ACKS_NONE: 2
}

export const Position: {
  readonly POSITION_EARLIEST: 0
  readonly POSITION_LATEST: 1
  readonly POSITION_MAX_TIMESTAMP: 2
}

export const Isolation: {
  readonly ISOLATION_READ_UNCOMMITTED: 0
  readonly ISOLATION_READ_COMMITTED: 1
}

export const Form: {
  readonly FORM_RECORDS: 0
  readonly FORM_BATCHES: 1
}

export type Failure = {
  name: string
  code: number
  message: string
  retriable: boolean
  leader: Leader | null
  diverging: EpochEnd | null
}
export interface FailureInit {
  readonly name?: string | null
  readonly code?: number | null
  readonly message?: string | null
  readonly retriable?: boolean | null
  readonly leader?: LeaderInit | null
  readonly diverging?: EpochEndInit | null
}
export const Failure: Codec<FailureInit, Failure>

export type Leader = {
  nodeId: number
  leaderEpoch: number
  host: string
  port: number
}
export interface LeaderInit {
  readonly nodeId?: number | null
  readonly leaderEpoch?: number | null
  readonly host?: string | null
  readonly port?: number | null
}
export const Leader: Codec<LeaderInit, Leader>

export type EpochEnd = {
  leaderEpoch: number
  endOffset: number
}
export interface EpochEndInit {
  readonly leaderEpoch?: number | null
  readonly endOffset?: number | null
}
export const EpochEnd: Codec<EpochEndInit, EpochEnd>

export type AppendRequest = {
  topic: string
  topicId: string
  partition: number
  acks: number
  timeoutMs: number
} & (
  | { data: undefined; batch: null; records: null }
  | { data: 'batch'; batch: Buffer; records: null }
  | { data: 'records'; batch: null; records: Records }
)
export interface AppendRequestInit {
  readonly topic?: string | null
  readonly topicId?: string | null
  readonly partition?: number | null
  readonly acks?: number | null
  readonly timeoutMs?: number | null
  readonly batch?: Uint8Array | null
  readonly records?: RecordsInit | null
}
export const AppendRequest: Codec<AppendRequestInit, AppendRequest>

export type Records = {
  records: Record[]
  producer: Producer | null
}
export interface RecordsInit {
  readonly records?: readonly RecordInit[] | null
  readonly producer?: ProducerInit | null
}
export const Records: Codec<RecordsInit, Records>

export type Producer = {
  id: number
  epoch: number
  baseSequence: number
}
export interface ProducerInit {
  readonly id?: number | null
  readonly epoch?: number | null
  readonly baseSequence?: number | null
}
export const Producer: Codec<ProducerInit, Producer>

export type Record = {
  offset: number
  timestampMs: number | null
  key: Buffer | null
  value: Buffer | null
  headers: Header[]
}
export interface RecordInit {
  readonly offset?: number | null
  readonly timestampMs?: number | null
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly headers?: readonly HeaderInit[] | null
}
export const Record: Codec<RecordInit, Record>

export type Header = {
  key: string
  value: Buffer | null
}
export interface HeaderInit {
  readonly key?: string | null
  readonly value?: Uint8Array | null
}
export const Header: Codec<HeaderInit, Header>

export type AppendResponse = {
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
}
export interface AppendResponseInit {
  readonly baseOffset?: number | null
  readonly logAppendTimeMs?: number | null
  readonly logStartOffset?: number | null
}
export const AppendResponse: Codec<AppendResponseInit, AppendResponse>

export type AppendStreamRequest = {
  appends: StreamAppend[]
}
export interface AppendStreamRequestInit {
  readonly appends?: readonly StreamAppendInit[] | null
}
export const AppendStreamRequest: Codec<AppendStreamRequestInit, AppendStreamRequest>

export type StreamAppend = {
  id: number
  append: AppendRequest | null
}
export interface StreamAppendInit {
  readonly id?: number | null
  readonly append?: AppendRequestInit | null
}
export const StreamAppend: Codec<StreamAppendInit, StreamAppend>

export type AppendStreamResponse = {
  results: AppendResult[]
}
export interface AppendStreamResponseInit {
  readonly results?: readonly AppendResultInit[] | null
}
export const AppendStreamResponse: Codec<AppendStreamResponseInit, AppendStreamResponse>

export type AppendResult = {
  id: number
} & (
  | { result: undefined; appended: null; error: null }
  | { result: 'appended'; appended: AppendResponse; error: null }
  | { result: 'error'; appended: null; error: Failure }
)
export interface AppendResultInit {
  readonly id?: number | null
  readonly appended?: AppendResponseInit | null
  readonly error?: FailureInit | null
}
export const AppendResult: Codec<AppendResultInit, AppendResult>

export type InitProducerRequest = {
}
export interface InitProducerRequestInit {
}
export const InitProducerRequest: Codec<InitProducerRequestInit, InitProducerRequest>

export type InitProducerResponse = {
  producerId: number
  producerEpoch: number
}
export interface InitProducerResponseInit {
  readonly producerId?: number | null
  readonly producerEpoch?: number | null
}
export const InitProducerResponse: Codec<InitProducerResponseInit, InitProducerResponse>

export type ReadRequest = {
  topic: string
  topicId: string
  partition: number
  endOffset: number | null
  isolation: number
  form: number
  maxBytes: number
  lastLeaderEpoch: number | null
} & (
  | { start: undefined; offset: null; timestampMs: null; position: null; group: null }
  | { start: 'offset'; offset: number; timestampMs: null; position: null; group: null }
  | { start: 'timestampMs'; offset: null; timestampMs: number; position: null; group: null }
  | { start: 'position'; offset: null; timestampMs: null; position: number; group: null }
  | { start: 'group'; offset: null; timestampMs: null; position: null; group: GroupStart }
)
export interface ReadRequestInit {
  readonly topic?: string | null
  readonly topicId?: string | null
  readonly partition?: number | null
  readonly offset?: number | null
  readonly timestampMs?: number | null
  readonly position?: number | null
  readonly group?: GroupStartInit | null
  readonly endOffset?: number | null
  readonly isolation?: number | null
  readonly form?: number | null
  readonly maxBytes?: number | null
  readonly lastLeaderEpoch?: number | null
}
export const ReadRequest: Codec<ReadRequestInit, ReadRequest>

export type GroupStart = {
  groupId: string
  otherwise: number
}
export interface GroupStartInit {
  readonly groupId?: string | null
  readonly otherwise?: number | null
}
export const GroupStart: Codec<GroupStartInit, GroupStart>

export type ReadResponse = {
  records: Record[]
  batches: Buffer
  nextOffset: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  leaderEpoch: number
  abortedTransactions: AbortedTransaction[]
}
export interface ReadResponseInit {
  readonly records?: readonly RecordInit[] | null
  readonly batches?: Uint8Array | null
  readonly nextOffset?: number | null
  readonly highWatermark?: number | null
  readonly lastStableOffset?: number | null
  readonly logStartOffset?: number | null
  readonly leaderEpoch?: number | null
  readonly abortedTransactions?: readonly AbortedTransactionInit[] | null
}
export const ReadResponse: Codec<ReadResponseInit, ReadResponse>

export type AbortedTransaction = {
  producerId: number
  firstOffset: number
}
export interface AbortedTransactionInit {
  readonly producerId?: number | null
  readonly firstOffset?: number | null
}
export const AbortedTransaction: Codec<AbortedTransactionInit, AbortedTransaction>

export type ListOffsetsRequest = {
  topic: string
  topicId: string
  partitions: OffsetQuery[]
  isolation: number
}
export interface ListOffsetsRequestInit {
  readonly topic?: string | null
  readonly topicId?: string | null
  readonly partitions?: readonly OffsetQueryInit[] | null
  readonly isolation?: number | null
}
export const ListOffsetsRequest: Codec<ListOffsetsRequestInit, ListOffsetsRequest>

export type OffsetQuery = {
  partition: number
} & (
  | { at: undefined; position: null; timestampMs: null }
  | { at: 'position'; position: number; timestampMs: null }
  | { at: 'timestampMs'; position: null; timestampMs: number }
)
export interface OffsetQueryInit {
  readonly partition?: number | null
  readonly position?: number | null
  readonly timestampMs?: number | null
}
export const OffsetQuery: Codec<OffsetQueryInit, OffsetQuery>

export type ListOffsetsResponse = {
  partitions: ListedOffset[]
}
export interface ListOffsetsResponseInit {
  readonly partitions?: readonly ListedOffsetInit[] | null
}
export const ListOffsetsResponse: Codec<ListOffsetsResponseInit, ListOffsetsResponse>

export type ListedOffset = {
  partition: number
  offset: number
  timestampMs: number
  leaderEpoch: number
  error: Failure | null
}
export interface ListedOffsetInit {
  readonly partition?: number | null
  readonly offset?: number | null
  readonly timestampMs?: number | null
  readonly leaderEpoch?: number | null
  readonly error?: FailureInit | null
}
export const ListedOffset: Codec<ListedOffsetInit, ListedOffset>

export type DescribeTopicsRequest = {
  topics: string[]
  pageSize: number
  pageToken: string
}
export interface DescribeTopicsRequestInit {
  readonly topics?: readonly string[] | null
  readonly pageSize?: number | null
  readonly pageToken?: string | null
}
export const DescribeTopicsRequest: Codec<DescribeTopicsRequestInit, DescribeTopicsRequest>

export type DescribeTopicsResponse = {
  clusterId: string
  brokers: Broker[]
  topics: Topic[]
  nextPageToken: string
}
export interface DescribeTopicsResponseInit {
  readonly clusterId?: string | null
  readonly brokers?: readonly BrokerInit[] | null
  readonly topics?: readonly TopicInit[] | null
  readonly nextPageToken?: string | null
}
export const DescribeTopicsResponse: Codec<DescribeTopicsResponseInit, DescribeTopicsResponse>

export type Broker = {
  nodeId: number
  host: string
  port: number
  rack: string
}
export interface BrokerInit {
  readonly nodeId?: number | null
  readonly host?: string | null
  readonly port?: number | null
  readonly rack?: string | null
}
export const Broker: Codec<BrokerInit, Broker>

export type Topic = {
  name: string
  topicId: string
  internal: boolean
  partitions: Partition[]
  error: Failure | null
}
export interface TopicInit {
  readonly name?: string | null
  readonly topicId?: string | null
  readonly internal?: boolean | null
  readonly partitions?: readonly PartitionInit[] | null
  readonly error?: FailureInit | null
}
export const Topic: Codec<TopicInit, Topic>

export type Partition = {
  partition: number
  leader: number
  leaderEpoch: number
  replicas: number[]
  inSyncReplicas: number[]
}
export interface PartitionInit {
  readonly partition?: number | null
  readonly leader?: number | null
  readonly leaderEpoch?: number | null
  readonly replicas?: readonly number[] | null
  readonly inSyncReplicas?: readonly number[] | null
}
export const Partition: Codec<PartitionInit, Partition>

export type FetchCommittedOffsetsRequest = {
  groupId: string
  partitions: TopicPartition[]
}
export interface FetchCommittedOffsetsRequestInit {
  readonly groupId?: string | null
  readonly partitions?: readonly TopicPartitionInit[] | null
}
export const FetchCommittedOffsetsRequest: Codec<FetchCommittedOffsetsRequestInit, FetchCommittedOffsetsRequest>

export type TopicPartition = {
  topic: string
  partition: number
}
export interface TopicPartitionInit {
  readonly topic?: string | null
  readonly partition?: number | null
}
export const TopicPartition: Codec<TopicPartitionInit, TopicPartition>

export type FetchCommittedOffsetsResponse = {
  offsets: CommittedOffset[]
}
export interface FetchCommittedOffsetsResponseInit {
  readonly offsets?: readonly CommittedOffsetInit[] | null
}
export const FetchCommittedOffsetsResponse: Codec<FetchCommittedOffsetsResponseInit, FetchCommittedOffsetsResponse>

export type CommittedOffset = {
  topic: string
  partition: number
  offset: number
  leaderEpoch: number
  metadata: string
}
export interface CommittedOffsetInit {
  readonly topic?: string | null
  readonly partition?: number | null
  readonly offset?: number | null
  readonly leaderEpoch?: number | null
  readonly metadata?: string | null
}
export const CommittedOffset: Codec<CommittedOffsetInit, CommittedOffset>

export const Storage: {
  readonly append: Method<AppendRequestInit, AppendRequest, AppendResponseInit, AppendResponse>
  readonly appendStream: Method<AppendStreamRequestInit, AppendStreamRequest, AppendStreamResponseInit, AppendStreamResponse>
  readonly initProducer: Method<InitProducerRequestInit, InitProducerRequest, InitProducerResponseInit, InitProducerResponse>
  readonly read: Method<ReadRequestInit, ReadRequest, ReadResponseInit, ReadResponse>
  readonly listOffsets: Method<ListOffsetsRequestInit, ListOffsetsRequest, ListOffsetsResponseInit, ListOffsetsResponse>
  readonly describeTopics: Method<DescribeTopicsRequestInit, DescribeTopicsRequest, DescribeTopicsResponseInit, DescribeTopicsResponse>
  readonly fetchCommittedOffsets: Method<FetchCommittedOffsetsRequestInit, FetchCommittedOffsetsRequest, FetchCommittedOffsetsResponseInit, FetchCommittedOffsetsResponse>
}
export type StorageHandlers = {
  append: grpc.handleUnaryCall<AppendRequest, AppendResponseInit>
  appendStream: grpc.handleBidiStreamingCall<AppendStreamRequest, AppendStreamResponseInit>
  initProducer: grpc.handleUnaryCall<InitProducerRequest, InitProducerResponseInit>
  read: grpc.handleServerStreamingCall<ReadRequest, ReadResponseInit>
  listOffsets: grpc.handleUnaryCall<ListOffsetsRequest, ListOffsetsResponseInit>
  describeTopics: grpc.handleUnaryCall<DescribeTopicsRequest, DescribeTopicsResponseInit>
  fetchCommittedOffsets: grpc.handleUnaryCall<FetchCommittedOffsetsRequest, FetchCommittedOffsetsResponseInit>
}
