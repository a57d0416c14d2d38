// Made by `npm run gen` from proto/grpc/raft.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type PeerMessage = {
} & (
  | { kind: undefined; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'hello'; hello: Hello; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'requestVote'; hello: null; requestVote: RequestVote; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'vote'; hello: null; requestVote: null; vote: Vote; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'append'; hello: null; requestVote: null; vote: null; append: Append; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'appended'; hello: null; requestVote: null; vote: null; append: null; appended: Appended; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'appendRejected'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: AppendRejected; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'heartbeat'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: Heartbeat; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'heartbeatAck'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: HeartbeatAck; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'snapshotChunk'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: SnapshotChunk; snapshotProgress: null; timeoutNow: null; laterTerm: null }
  | { kind: 'snapshotProgress'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: SnapshotProgress; timeoutNow: null; laterTerm: null }
  | { kind: 'timeoutNow'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: TimeoutNow; laterTerm: null }
  | { kind: 'laterTerm'; hello: null; requestVote: null; vote: null; append: null; appended: null; appendRejected: null; heartbeat: null; heartbeatAck: null; snapshotChunk: null; snapshotProgress: null; timeoutNow: null; laterTerm: LaterTerm }
)
export interface PeerMessageInit {
  readonly hello?: HelloInit | null
  readonly requestVote?: RequestVoteInit | null
  readonly vote?: VoteInit | null
  readonly append?: AppendInit | null
  readonly appended?: AppendedInit | null
  readonly appendRejected?: AppendRejectedInit | null
  readonly heartbeat?: HeartbeatInit | null
  readonly heartbeatAck?: HeartbeatAckInit | null
  readonly snapshotChunk?: SnapshotChunkInit | null
  readonly snapshotProgress?: SnapshotProgressInit | null
  readonly timeoutNow?: TimeoutNowInit | null
  readonly laterTerm?: LaterTermInit | null
}
export const PeerMessage: Codec<PeerMessageInit, PeerMessage>

export type Hello = {
  from: string
  to: string
  clusterId: string
  host: string
  port: number
}
export interface HelloInit {
  readonly from?: string | null
  readonly to?: string | null
  readonly clusterId?: string | null
  readonly host?: string | null
  readonly port?: number | null
}
export const Hello: Codec<HelloInit, Hello>

export type Welcome = {
}
export interface WelcomeInit {
}
export const Welcome: Codec<WelcomeInit, Welcome>

export type RequestVote = {
  term: number
  lastIndex: number
  lastTerm: number
  preVote: boolean
  transfer: boolean
}
export interface RequestVoteInit {
  readonly term?: number | null
  readonly lastIndex?: number | null
  readonly lastTerm?: number | null
  readonly preVote?: boolean | null
  readonly transfer?: boolean | null
}
export const RequestVote: Codec<RequestVoteInit, RequestVote>

export type Vote = {
  term: number
  preVote: boolean
  granted: boolean
}
export interface VoteInit {
  readonly term?: number | null
  readonly preVote?: boolean | null
  readonly granted?: boolean | null
}
export const Vote: Codec<VoteInit, Vote>

export type Configuration = {
  voters: string[]
  outgoing: string[]
  learners: string[]
}
export interface ConfigurationInit {
  readonly voters?: readonly string[] | null
  readonly outgoing?: readonly string[] | null
  readonly learners?: readonly string[] | null
}
export const Configuration: Codec<ConfigurationInit, Configuration>

export type Noop = {
}
export interface NoopInit {
}
export const Noop: Codec<NoopInit, Noop>

export type Entry = {
  term: number
} & (
  | { content: undefined; noop: null; data: null; configuration: null }
  | { content: 'noop'; noop: Noop; data: null; configuration: null }
  | { content: 'data'; noop: null; data: Buffer; configuration: null }
  | { content: 'configuration'; noop: null; data: null; configuration: Configuration }
)
export interface EntryInit {
  readonly term?: number | null
  readonly noop?: NoopInit | null
  readonly data?: Uint8Array | null
  readonly configuration?: ConfigurationInit | null
}
export const Entry: Codec<EntryInit, Entry>

export type Append = {
  term: number
  previousIndex: number
  previousTerm: number
  entries: Entry[]
  commit: number
}
export interface AppendInit {
  readonly term?: number | null
  readonly previousIndex?: number | null
  readonly previousTerm?: number | null
  readonly entries?: readonly EntryInit[] | null
  readonly commit?: number | null
}
export const Append: Codec<AppendInit, Append>

export type Appended = {
  term: number
  matchIndex: number
}
export interface AppendedInit {
  readonly term?: number | null
  readonly matchIndex?: number | null
}
export const Appended: Codec<AppendedInit, Appended>

export type AppendRejected = {
  term: number
  rejectedIndex: number
  hintIndex: number
  hintTerm: number
}
export interface AppendRejectedInit {
  readonly term?: number | null
  readonly rejectedIndex?: number | null
  readonly hintIndex?: number | null
  readonly hintTerm?: number | null
}
export const AppendRejected: Codec<AppendRejectedInit, AppendRejected>

export type Heartbeat = {
  term: number
  commit: number
  round: number
}
export interface HeartbeatInit {
  readonly term?: number | null
  readonly commit?: number | null
  readonly round?: number | null
}
export const Heartbeat: Codec<HeartbeatInit, Heartbeat>

export type HeartbeatAck = {
  term: number
  round: number
}
export interface HeartbeatAckInit {
  readonly term?: number | null
  readonly round?: number | null
}
export const HeartbeatAck: Codec<HeartbeatAckInit, HeartbeatAck>

export type Snapshot = {
  index: number
  term: number
  configuration: Configuration | null
  sizeBytes: number
  checksum: number
}
export interface SnapshotInit {
  readonly index?: number | null
  readonly term?: number | null
  readonly configuration?: ConfigurationInit | null
  readonly sizeBytes?: number | null
  readonly checksum?: number | null
}
export const Snapshot: Codec<SnapshotInit, Snapshot>

export type SnapshotChunk = {
  term: number
  snapshot: Snapshot | null
  position: number
  data: Buffer
  checksum: number
}
export interface SnapshotChunkInit {
  readonly term?: number | null
  readonly snapshot?: SnapshotInit | null
  readonly position?: number | null
  readonly data?: Uint8Array | null
  readonly checksum?: number | null
}
export const SnapshotChunk: Codec<SnapshotChunkInit, SnapshotChunk>

export type SnapshotProgress = {
  term: number
  index: number
  receivedBytes: number
}
export interface SnapshotProgressInit {
  readonly term?: number | null
  readonly index?: number | null
  readonly receivedBytes?: number | null
}
export const SnapshotProgress: Codec<SnapshotProgressInit, SnapshotProgress>

export type TimeoutNow = {
  term: number
}
export interface TimeoutNowInit {
  readonly term?: number | null
}
export const TimeoutNow: Codec<TimeoutNowInit, TimeoutNow>

export type LaterTerm = {
  term: number
}
export interface LaterTermInit {
  readonly term?: number | null
}
export const LaterTerm: Codec<LaterTermInit, LaterTerm>

export type DescribeRequest = {
}
export interface DescribeRequestInit {
}
export const DescribeRequest: Codec<DescribeRequestInit, DescribeRequest>

export type DescribeResponse = {
  voter: string
  blank: boolean
  clusterId: string
  leader: string
  leaderHost: string
  leaderPort: number
  members: MemberAddress[]
}
export interface DescribeResponseInit {
  readonly voter?: string | null
  readonly blank?: boolean | null
  readonly clusterId?: string | null
  readonly leader?: string | null
  readonly leaderHost?: string | null
  readonly leaderPort?: number | null
  readonly members?: readonly MemberAddressInit[] | null
}
export const DescribeResponse: Codec<DescribeResponseInit, DescribeResponse>

export type MemberAddress = {
  voter: string
  host: string
  port: number
}
export interface MemberAddressInit {
  readonly voter?: string | null
  readonly host?: string | null
  readonly port?: number | null
}
export const MemberAddress: Codec<MemberAddressInit, MemberAddress>

export type JoinRequest = {
  voter: string
  host: string
  port: number
  clusterId: string
  observer: boolean
}
export interface JoinRequestInit {
  readonly voter?: string | null
  readonly host?: string | null
  readonly port?: number | null
  readonly clusterId?: string | null
  readonly observer?: boolean | null
}
export const JoinRequest: Codec<JoinRequestInit, JoinRequest>

export type JoinResponse = {
}
export interface JoinResponseInit {
}
export const JoinResponse: Codec<JoinResponseInit, JoinResponse>

export const Raft: {
  readonly exchange: Method<PeerMessageInit, PeerMessage, WelcomeInit, Welcome>
  readonly describe: Method<DescribeRequestInit, DescribeRequest, DescribeResponseInit, DescribeResponse>
  readonly join: Method<JoinRequestInit, JoinRequest, JoinResponseInit, JoinResponse>
}
export type RaftHandlers = {
  exchange: grpc.handleBidiStreamingCall<PeerMessage, WelcomeInit>
  describe: grpc.handleUnaryCall<DescribeRequest, DescribeResponseInit>
  join: grpc.handleUnaryCall<JoinRequest, JoinResponseInit>
}
