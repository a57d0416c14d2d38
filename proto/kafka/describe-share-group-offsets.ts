// DescribeShareGroupOffsets (key 90): where share groups start to read. KIP-932, KIP-1226 lag
// (v1).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, nullable, string, uuid } from '../wire/types.ts'

export const describeShareGroupOffsetsRequest = message(
  { name: 'DescribeShareGroupOffsetsRequest', versions: '0-1', flexible: '0+' },
  {
    groups: array({
      groupId: string,
      topics: nullable(
        array({
          topicName: string,
          partitions: array(int32),
        }),
      ),
    }),
  },
)

export const describeShareGroupOffsetsResponse = message(
  { name: 'DescribeShareGroupOffsetsResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    groups: array({
      groupId: string,
      topics: array({
        topicName: string,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int64,
          leaderEpoch: int32,
          lag: field(int64, { since: 1, default: -1, ignorable: true }),
          errorCode: int16,
          errorMessage: field(nullable(string), { default: null }),
        }),
      }),
      errorCode: int16,
      errorMessage: field(nullable(string), { default: null }),
    }),
  },
)
