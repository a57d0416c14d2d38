// Made by `npm run gen` from proto/grpc/replication.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type FollowerMessage = {
  events: FollowerEvent[]
}
export interface FollowerMessageInit {
  readonly events?: readonly FollowerEventInit[] | null
}
export const FollowerMessage: Codec<FollowerMessageInit, FollowerMessage>

export type FollowerEvent = {
} & (
  | { event: undefined; hello: null; follow: null; unfollow: null; progress: null; leave: null }
  | { event: 'hello'; hello: Hello; follow: null; unfollow: null; progress: null; leave: null }
  | { event: 'follow'; hello: null; follow: FollowStart; unfollow: null; progress: null; leave: null }
  | { event: 'unfollow'; hello: null; follow: null; unfollow: number; progress: null; leave: null }
  | { event: 'progress'; hello: null; follow: null; unfollow: null; progress: Progress; leave: null }
  | { event: 'leave'; hello: null; follow: null; unfollow: null; progress: null; leave: number }
)
export interface FollowerEventInit {
  readonly hello?: HelloInit | null
  readonly follow?: FollowStartInit | null
  readonly unfollow?: number | null
  readonly progress?: ProgressInit | null
  readonly leave?: number | null
}
export const FollowerEvent: Codec<FollowerEventInit, FollowerEvent>

export type Hello = {
  clusterId: string
  leaderId: number
  brokerId: number
  brokerEpoch: number
  throttledRate: number
}
export interface HelloInit {
  readonly clusterId?: string | null
  readonly leaderId?: number | null
  readonly brokerId?: number | null
  readonly brokerEpoch?: number | null
  readonly throttledRate?: number | null
}
export const Hello: Codec<HelloInit, Hello>

export type FollowStart = {
  slot: number
  topicId: string
  partition: number
  leaderEpoch: number
  logEndOffset: number
  lastEpoch: number
  logStartOffset: number
  throttled: boolean
}
export interface FollowStartInit {
  readonly slot?: number | null
  readonly topicId?: string | null
  readonly partition?: number | null
  readonly leaderEpoch?: number | null
  readonly logEndOffset?: number | null
  readonly lastEpoch?: number | null
  readonly logStartOffset?: number | null
  readonly throttled?: boolean | null
}
export const FollowStart: Codec<FollowStartInit, FollowStart>

export type Progress = {
  slot: number
  logEndOffset: number
}
export interface ProgressInit {
  readonly slot?: number | null
  readonly logEndOffset?: number | null
}
export const Progress: Codec<ProgressInit, Progress>

export type LeaderMessage = {
  events: LeaderEvent[]
}
export interface LeaderMessageInit {
  readonly events?: readonly LeaderEventInit[] | null
}
export const LeaderMessage: Codec<LeaderMessageInit, LeaderMessage>

export type LeaderEvent = {
} & (
  | { event: undefined; accepted: null; refused: null; diverging: null; data: null }
  | { event: 'accepted'; accepted: Accepted; refused: null; diverging: null; data: null }
  | { event: 'refused'; accepted: null; refused: Refused; diverging: null; data: null }
  | { event: 'diverging'; accepted: null; refused: null; diverging: Diverging; data: null }
  | { event: 'data'; accepted: null; refused: null; diverging: null; data: Data }
)
export interface LeaderEventInit {
  readonly accepted?: AcceptedInit | null
  readonly refused?: RefusedInit | null
  readonly diverging?: DivergingInit | null
  readonly data?: DataInit | null
}
export const LeaderEvent: Codec<LeaderEventInit, LeaderEvent>

export type Accepted = {
  slot: number
  channel: number
}
export interface AcceptedInit {
  readonly slot?: number | null
  readonly channel?: number | null
}
export const Accepted: Codec<AcceptedInit, Accepted>

export type Refused = {
  slot: number
  error: number
  logStartOffset: number
  logEndOffset: number
}
export interface RefusedInit {
  readonly slot?: number | null
  readonly error?: number | null
  readonly logStartOffset?: number | null
  readonly logEndOffset?: number | null
}
export const Refused: Codec<RefusedInit, Refused>

export type Diverging = {
  slot: number
  epoch: number
  endOffset: number
}
export interface DivergingInit {
  readonly slot?: number | null
  readonly epoch?: number | null
  readonly endOffset?: number | null
}
export const Diverging: Codec<DivergingInit, Diverging>

export type Data = {
  channel: number
  highWatermark: number
  logStartOffset: number
  records: Buffer
}
export interface DataInit {
  readonly channel?: number | null
  readonly highWatermark?: number | null
  readonly logStartOffset?: number | null
  readonly records?: Uint8Array | null
}
export const Data: Codec<DataInit, Data>

export const Replication: {
  readonly follow: Method<FollowerMessageInit, FollowerMessage, LeaderMessageInit, LeaderMessage>
}
export type ReplicationHandlers = {
  follow: grpc.handleBidiStreamingCall<FollowerMessage, LeaderMessageInit>
}
