// Short names for the requests and responses of the group protocol, as the coordinator takes and
// gives them.

import type { consumerGroupDescribeResponse } from '@samsa/proto/kafka/consumer-group-describe'
import type {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from '@samsa/proto/kafka/consumer-group-heartbeat'
import type { deleteGroupsResponse } from '@samsa/proto/kafka/delete-groups'
import type { describeGroupsResponse } from '@samsa/proto/kafka/describe-groups'
import type { heartbeatRequest, heartbeatResponse } from '@samsa/proto/kafka/heartbeat'
import type { joinGroupRequest, joinGroupResponse } from '@samsa/proto/kafka/join-group'
import type { leaveGroupRequest, leaveGroupResponse } from '@samsa/proto/kafka/leave-group'
import type { listGroupsRequest, listGroupsResponse } from '@samsa/proto/kafka/list-groups'
import type { offsetCommitRequest, offsetCommitResponse } from '@samsa/proto/kafka/offset-commit'
import type { offsetDeleteRequest, offsetDeleteResponse } from '@samsa/proto/kafka/offset-delete'
import type { offsetFetchRequest, offsetFetchResponse } from '@samsa/proto/kafka/offset-fetch'
import type { streamsGroupDescribeResponse } from '@samsa/proto/kafka/streams-group-describe'
import type {
  streamsGroupHeartbeatRequest,
  streamsGroupHeartbeatResponse,
} from '@samsa/proto/kafka/streams-group-heartbeat'
import type { syncGroupRequest, syncGroupResponse } from '@samsa/proto/kafka/sync-group'
import type {
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
} from '@samsa/proto/kafka/txn-offset-commit'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'

export type JoinGroupRequest = Decoded<typeof joinGroupRequest>
export type JoinGroupResponse = Encodable<typeof joinGroupResponse>
export type SyncGroupRequest = Decoded<typeof syncGroupRequest>
export type SyncGroupResponse = Encodable<typeof syncGroupResponse>
export type HeartbeatRequest = Decoded<typeof heartbeatRequest>
export type HeartbeatResponse = Encodable<typeof heartbeatResponse>
export type LeaveGroupRequest = Decoded<typeof leaveGroupRequest>
export type LeaveGroupResponse = Encodable<typeof leaveGroupResponse>
export type OffsetCommitRequest = Decoded<typeof offsetCommitRequest>
export type OffsetCommitResponse = Encodable<typeof offsetCommitResponse>
export type TxnOffsetCommitRequest = Decoded<typeof txnOffsetCommitRequest>
export type TxnOffsetCommitResponse = Encodable<typeof txnOffsetCommitResponse>
export type OffsetDeleteRequest = Decoded<typeof offsetDeleteRequest>
export type OffsetDeleteResponse = Encodable<typeof offsetDeleteResponse>
export type ListGroupsRequest = Decoded<typeof listGroupsRequest>
export type ListGroupsResponse = Encodable<typeof listGroupsResponse>
export type ListedGroup = ListGroupsResponse['groups'][number]
export type DescribedGroup = Encodable<typeof describeGroupsResponse>['groups'][number]
export type ConsumerHeartbeatRequest = Decoded<typeof consumerGroupHeartbeatRequest>
export type ConsumerHeartbeatResponse = Encodable<typeof consumerGroupHeartbeatResponse>
export type DescribedConsumerGroup = Encodable<
  typeof consumerGroupDescribeResponse
>['groups'][number]
export type StreamsHeartbeatRequest = Decoded<typeof streamsGroupHeartbeatRequest>
export type StreamsHeartbeatResponse = Encodable<typeof streamsGroupHeartbeatResponse>
export type DescribedStreamsGroup = Encodable<typeof streamsGroupDescribeResponse>['groups'][number]
export type DeletedGroup = Encodable<typeof deleteGroupsResponse>['results'][number]
/**
 * One group of an OffsetFetch; versions before 8 ask for one group in another place, the handler
 * moves it here.
 */
export type OffsetFetchGroup = Decoded<typeof offsetFetchRequest>['groups'][number]
export type FetchedOffsets = NonNullable<Encodable<typeof offsetFetchResponse>['groups']>[number]
export type FetchedOffsetsTopic = FetchedOffsets['topics'][number]
