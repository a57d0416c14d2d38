// DeleteRecords (key 21): moves the start of partitions forward. KIP-107.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, saturatedInt64, string } from '../wire/types.ts'

export const deleteRecordsRequest = message(
  { name: 'DeleteRecordsRequest', versions: '0-2', flexible: '2+' },
  {
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        // Records below it go. -1: all below the high watermark.
        offset: saturatedInt64,
      }),
    }),
    timeoutMs: int32,
  },
)

export const deleteRecordsResponse = message(
  { name: 'DeleteRecordsResponse', versions: '0-2', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        lowWatermark: int64,
        errorCode: int16,
      }),
    }),
  },
)
