// Made by `npm run gen` from proto/grpc/controller.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type FollowRequest = {
  clusterId: string
  nodeId: number
  nextOffset: number
}
export interface FollowRequestInit {
  readonly clusterId?: string | null
  readonly nodeId?: number | null
  readonly nextOffset?: number | null
}
export const FollowRequest: Codec<FollowRequestInit, FollowRequest>

export type MetadataUpdate = {
} & (
  | { update: undefined; snapshot: null; batch: null; leader: null }
  | { update: 'snapshot'; snapshot: SnapshotPart; batch: null; leader: null }
  | { update: 'batch'; snapshot: null; batch: MetadataBatch; leader: null }
  | { update: 'leader'; snapshot: null; batch: null; leader: QuorumLeader }
)
export interface MetadataUpdateInit {
  readonly snapshot?: SnapshotPartInit | null
  readonly batch?: MetadataBatchInit | null
  readonly leader?: QuorumLeaderInit | null
}
export const MetadataUpdate: Codec<MetadataUpdateInit, MetadataUpdate>

export type SnapshotPart = {
  offset: number
  records: Buffer[]
  isFirst: boolean
  isLast: boolean
}
export interface SnapshotPartInit {
  readonly offset?: number | null
  readonly records?: readonly Uint8Array[] | null
  readonly isFirst?: boolean | null
  readonly isLast?: boolean | null
}
export const SnapshotPart: Codec<SnapshotPartInit, SnapshotPart>

export type MetadataBatch = {
  baseOffset: number
  epoch: number
  records: Buffer[]
}
export interface MetadataBatchInit {
  readonly baseOffset?: number | null
  readonly epoch?: number | null
  readonly records?: readonly Uint8Array[] | null
}
export const MetadataBatch: Codec<MetadataBatchInit, MetadataBatch>

export type QuorumLeader = {
  leaderId: number
  epoch: number
  host: string
  port: number
  committedOffset: number
}
export interface QuorumLeaderInit {
  readonly leaderId?: number | null
  readonly epoch?: number | null
  readonly host?: string | null
  readonly port?: number | null
  readonly committedOffset?: number | null
}
export const QuorumLeader: Codec<QuorumLeaderInit, QuorumLeader>

export type BrokerMessage = {
} & (
  | { message: undefined; register: null; heartbeat: null }
  | { message: 'register'; register: Register; heartbeat: null }
  | { message: 'heartbeat'; register: null; heartbeat: Heartbeat }
)
export interface BrokerMessageInit {
  readonly register?: RegisterInit | null
  readonly heartbeat?: HeartbeatInit | null
}
export const BrokerMessage: Codec<BrokerMessageInit, BrokerMessage>

export type Register = {
  clusterId: string
  brokerId: number
  incarnationId: string
  endpoints: Endpoint[]
  rack: string | null
  logDirs: string[]
  features: FeatureRange[]
  previousBrokerEpoch: number
}
export interface RegisterInit {
  readonly clusterId?: string | null
  readonly brokerId?: number | null
  readonly incarnationId?: string | null
  readonly endpoints?: readonly EndpointInit[] | null
  readonly rack?: string | null
  readonly logDirs?: readonly string[] | null
  readonly features?: readonly FeatureRangeInit[] | null
  readonly previousBrokerEpoch?: number | null
}
export const Register: Codec<RegisterInit, Register>

export type FeatureRange = {
  name: string
  minVersion: number
  maxVersion: number
}
export interface FeatureRangeInit {
  readonly name?: string | null
  readonly minVersion?: number | null
  readonly maxVersion?: number | null
}
export const FeatureRange: Codec<FeatureRangeInit, FeatureRange>

export type Endpoint = {
  listener: string
  host: string
  port: number
  securityProtocol: number
}
export interface EndpointInit {
  readonly listener?: string | null
  readonly host?: string | null
  readonly port?: number | null
  readonly securityProtocol?: number | null
}
export const Endpoint: Codec<EndpointInit, Endpoint>

export type Heartbeat = {
  id: number
  appliedOffset: number
  wantsShutdown: boolean
}
export interface HeartbeatInit {
  readonly id?: number | null
  readonly appliedOffset?: number | null
  readonly wantsShutdown?: boolean | null
}
export const Heartbeat: Codec<HeartbeatInit, Heartbeat>

export type BrokerAnswer = {
} & (
  | { answer: undefined; state: null; refusal: null }
  | { answer: 'state'; state: BrokerState; refusal: null }
  | { answer: 'refusal'; state: null; refusal: Refusal }
)
export interface BrokerAnswerInit {
  readonly state?: BrokerStateInit | null
  readonly refusal?: RefusalInit | null
}
export const BrokerAnswer: Codec<BrokerAnswerInit, BrokerAnswer>

export type BrokerState = {
  epoch: number
  fenced: boolean
  mayStop: boolean
  heartbeatId: number
  committedOffset: number
}
export interface BrokerStateInit {
  readonly epoch?: number | null
  readonly fenced?: boolean | null
  readonly mayStop?: boolean | null
  readonly heartbeatId?: number | null
  readonly committedOffset?: number | null
}
export const BrokerState: Codec<BrokerStateInit, BrokerState>

export type AskRequest = {
  method: string
  arguments: Buffer
}
export interface AskRequestInit {
  readonly method?: string | null
  readonly arguments?: Uint8Array | null
}
export const AskRequest: Codec<AskRequestInit, AskRequest>

export type AskAnswer = {
  committedOffset: number
} & (
  | { answer: undefined; result: null; refusal: null }
  | { answer: 'result'; result: Buffer; refusal: null }
  | { answer: 'refusal'; result: null; refusal: Refusal }
)
export interface AskAnswerInit {
  readonly result?: Uint8Array | null
  readonly refusal?: RefusalInit | null
  readonly committedOffset?: number | null
}
export const AskAnswer: Codec<AskAnswerInit, AskAnswer>

export type Refusal = {
  error: number
  message: string
  leader: QuorumLeader | null
  mayBeDone: boolean
}
export interface RefusalInit {
  readonly error?: number | null
  readonly message?: string | null
  readonly leader?: QuorumLeaderInit | null
  readonly mayBeDone?: boolean | null
}
export const Refusal: Codec<RefusalInit, Refusal>

export const Controller: {
  readonly follow: Method<FollowRequestInit, FollowRequest, MetadataUpdateInit, MetadataUpdate>
  readonly session: Method<BrokerMessageInit, BrokerMessage, BrokerAnswerInit, BrokerAnswer>
  readonly ask: Method<AskRequestInit, AskRequest, AskAnswerInit, AskAnswer>
}
export type ControllerHandlers = {
  follow: grpc.handleServerStreamingCall<FollowRequest, MetadataUpdateInit>
  session: grpc.handleBidiStreamingCall<BrokerMessage, BrokerAnswerInit>
  ask: grpc.handleUnaryCall<AskRequest, AskAnswerInit>
}
