// OffsetCommit (key 8): stores how far a group has come. KIP-211 no retention in the request (v5),
// KIP-320 leader epoch (v6), KIP-345 static members (v7), KIP-848 member epochs in the generation
// field (v9) and topic ids instead of names (v10).

import { message } from '../wire/message.ts'
import {
  array,
  field,
  int16,
  int32,
  int64,
  nullable,
  saturatedInt64,
  string,
  uuid,
} from '../wire/types.ts'

export const offsetCommitRequest = message(
  { name: 'OffsetCommitRequest', versions: '2-10', flexible: '8+' },
  {
    groupId: string,
    // -1 with an empty member id: a commit from outside of the group.
    generationIdOrMemberEpoch: field(int32, { default: -1 }),
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 7, default: null }),
    // Ignored: how long offsets are kept is a matter of the broker (KIP-211).
    retentionTimeMs: field(saturatedInt64, { until: 4, default: -1, ignorable: true }),
    topics: array({
      name: field(string, { until: 9, ignorable: true }),
      topicId: field(uuid, { since: 10, ignorable: true }),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: field(int32, { since: 6, default: -1, ignorable: true }),
        committedMetadata: nullable(string),
      }),
    }),
  },
)

export const offsetCommitResponse = message(
  { name: 'OffsetCommitResponse', versions: '2-10', flexible: '8+' },
  {
    throttleTimeMs: field(int32, { since: 3, ignorable: true }),
    topics: array({
      name: field(string, { until: 9, ignorable: true }),
      topicId: field(uuid, { since: 10, ignorable: true }),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
)
