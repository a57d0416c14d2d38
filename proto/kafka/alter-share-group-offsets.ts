// AlterShareGroupOffsets (key 91): sets where a share group starts to read. KIP-932.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, nullable, string, uuid } from '../wire/types.ts'

export const alterShareGroupOffsetsRequest = message(
  { name: 'AlterShareGroupOffsetsRequest', versions: '0', flexible: '0+' },
  {
    groupId: string,
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        startOffset: int64,
      }),
    }),
  },
)

export const alterShareGroupOffsetsResponse = message(
  { name: 'AlterShareGroupOffsetsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    responses: array({
      topicName: string,
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: field(nullable(string), { default: null }),
      }),
    }),
  },
)
