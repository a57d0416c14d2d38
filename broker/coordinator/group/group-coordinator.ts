// The group coordinator's shell: owns one GroupShard per partition of `__consumer_offsets` that this node leads, feeds
// it requests and time, and carries out the effects it answers with. It decides nothing about groups by itself.

import type { deleteGroupsResponse } from '@samsa/proto/kafka/delete-groups'
import type { describeGroupsResponse } from '@samsa/proto/kafka/describe-groups'
import type { heartbeatRequest, heartbeatResponse } from '@samsa/proto/kafka/heartbeat'
import type { joinGroupRequest, joinGroupResponse } from '@samsa/proto/kafka/join-group'
import type { leaveGroupRequest, leaveGroupResponse } from '@samsa/proto/kafka/leave-group'
import type { listGroupsRequest, listGroupsResponse } from '@samsa/proto/kafka/list-groups'
import type { offsetCommitRequest, offsetCommitResponse } from '@samsa/proto/kafka/offset-commit'
import type { offsetDeleteRequest, offsetDeleteResponse } from '@samsa/proto/kafka/offset-delete'
import type { offsetFetchRequest, offsetFetchResponse } from '@samsa/proto/kafka/offset-fetch'
import type { syncGroupRequest, syncGroupResponse } from '@samsa/proto/kafka/sync-group'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import type { Clock, Timers } from '../../clock.ts'
import type { PartitionWriter } from '../partition-writer.ts'
import type { GroupConfig } from './group-config.ts'

/** Who asks: a part of the handler's RequestContext. */
export interface GroupCaller {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly clientHost: string
  readonly signal: AbortSignal
}

export interface GroupCoordinatorOptions {
  readonly config: () => GroupConfig
  /** offsets.topic.num.partitions, or the partition count of the topic once it exists. */
  readonly partitionCount: () => number
  readonly writer: PartitionWriter
  readonly clock: Clock
  readonly timers: Timers
  /** A random UUID in its usual text form: member ids are made of it. */
  readonly newUuid: () => string
  /** One line for the operator about a partition that could not be loaded. */
  readonly onLoadFailed: (partition: number, error: unknown) => void
}

type OffsetFetchGroup = Decoded<typeof offsetFetchRequest>['groups'][number]
type OffsetFetchGroupResult = NonNullable<Encodable<typeof offsetFetchResponse>['groups']>[number]

export interface GroupCoordinatorApi {
  /** The partition of `__consumer_offsets` that keeps a group. */
  partitionFor(groupId: string): number
  /** This node became the partition's leader: reads it; until that is done requests get COORDINATOR_LOAD_IN_PROGRESS. */
  onElected(partition: number, leaderEpoch: number): Promise<void>
  /** This node no longer leads the partition: every waiting request is answered NOT_COORDINATOR. */
  onResigned(partition: number): void
  /** Removes the offsets that groups keep for deleted topics. */
  onTopicsDeleted(topicNames: readonly string[]): Promise<void>
  close(): Promise<void>

  joinGroup(
    request: Decoded<typeof joinGroupRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof joinGroupResponse>>
  syncGroup(
    request: Decoded<typeof syncGroupRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof syncGroupResponse>>
  heartbeat(
    request: Decoded<typeof heartbeatRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof heartbeatResponse>>
  leaveGroup(
    request: Decoded<typeof leaveGroupRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof leaveGroupResponse>>
  /** Topics must have names; the caller has resolved topic ids and left out what does not exist. */
  commitOffsets(
    request: Decoded<typeof offsetCommitRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof offsetCommitResponse>>
  fetchOffsets(
    group: OffsetFetchGroup,
    options: { readonly requireStable: boolean },
    caller: GroupCaller,
  ): Promise<OffsetFetchGroupResult>
  deleteOffsets(
    request: Decoded<typeof offsetDeleteRequest>,
    caller: GroupCaller,
  ): Promise<Encodable<typeof offsetDeleteResponse>>
  listGroups(
    request: Decoded<typeof listGroupsRequest>,
  ): Promise<Encodable<typeof listGroupsResponse>>
  describeGroups(
    groupIds: readonly string[],
    caller: GroupCaller,
  ): Promise<NonNullable<Encodable<typeof describeGroupsResponse>['groups']>>
  deleteGroups(
    groupIds: readonly string[],
    caller: GroupCaller,
  ): Promise<NonNullable<Encodable<typeof deleteGroupsResponse>['results']>>
}

export declare class GroupCoordinator implements GroupCoordinatorApi {
  constructor(options: GroupCoordinatorOptions)
  partitionFor: GroupCoordinatorApi['partitionFor']
  onElected: GroupCoordinatorApi['onElected']
  onResigned: GroupCoordinatorApi['onResigned']
  onTopicsDeleted: GroupCoordinatorApi['onTopicsDeleted']
  close: GroupCoordinatorApi['close']
  joinGroup: GroupCoordinatorApi['joinGroup']
  syncGroup: GroupCoordinatorApi['syncGroup']
  heartbeat: GroupCoordinatorApi['heartbeat']
  leaveGroup: GroupCoordinatorApi['leaveGroup']
  commitOffsets: GroupCoordinatorApi['commitOffsets']
  fetchOffsets: GroupCoordinatorApi['fetchOffsets']
  deleteOffsets: GroupCoordinatorApi['deleteOffsets']
  listGroups: GroupCoordinatorApi['listGroups']
  describeGroups: GroupCoordinatorApi['describeGroups']
  deleteGroups: GroupCoordinatorApi['deleteGroups']
}
