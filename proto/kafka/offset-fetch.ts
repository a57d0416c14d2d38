// OffsetFetch (key 9): reads how far groups have come. KIP-320 leader epoch (v5), KIP-447 stable
// offsets only (v7), KIP-709 several groups at once (v8), KIP-848 member epochs (v9) and topic ids
// instead of names (v10).

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int16,
  int32,
  int64,
  nullable,
  string,
  uuid,
} from '../wire/types.ts'

export const offsetFetchRequest = message(
  { name: 'OffsetFetchRequest', versions: '1-10', flexible: '6+' },
  {
    groupId: field(string, { until: 7 }),
    // Null asks for all that the group has committed.
    topics: field(
      nullable(
        array({
          name: string,
          partitionIndexes: array(int32),
        }),
        { since: 2 },
      ),
      { until: 7 },
    ),
    groups: field(
      array({
        groupId: string,
        memberId: field(nullable(string), { since: 9, default: null, ignorable: true }),
        memberEpoch: field(int32, { since: 9, default: -1, ignorable: true }),
        topics: nullable(
          array({
            name: field(string, { until: 9, ignorable: true }),
            topicId: field(uuid, { since: 10, ignorable: true }),
            partitionIndexes: array(int32),
          }),
        ),
      }),
      { since: 8 },
    ),
    requireStable: field(boolean, { since: 7 }),
  },
)

export const offsetFetchResponse = message(
  { name: 'OffsetFetchResponse', versions: '1-10', flexible: '6+' },
  {
    throttleTimeMs: field(int32, { since: 3, ignorable: true }),
    topics: field(
      array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          committedOffset: int64,
          committedLeaderEpoch: field(int32, { since: 5, default: -1, ignorable: true }),
          metadata: nullable(string),
          errorCode: int16,
        }),
      }),
      { until: 7 },
    ),
    errorCode: field(int16, { since: 2, until: 7, ignorable: true }),
    groups: field(
      array({
        groupId: string,
        topics: array({
          name: field(string, { until: 9, ignorable: true }),
          topicId: field(uuid, { since: 10, ignorable: true }),
          partitions: array({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: field(int32, { default: -1 }),
            metadata: nullable(string),
            errorCode: int16,
          }),
        }),
        errorCode: field(int16),
      }),
      { since: 8 },
    ),
  },
)
