// OffsetDelete (key 47): deletes committed offsets of a group. Never flexible. KIP-496.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, string } from '../wire/types.ts'

export const offsetDeleteRequest = message(
  { name: 'OffsetDeleteRequest', versions: '0', flexible: 'none' },
  {
    groupId: string,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
)

export const offsetDeleteResponse = message(
  { name: 'OffsetDeleteResponse', versions: '0', flexible: 'none' },
  {
    errorCode: int16,
    throttleTimeMs: field(int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
)
