// WriteTxnMarkers (key 27): the coordinator has leaders write the end of transactions. KIP-98,
// KIP-1228 transaction version (v2).

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, int64, string } from '../wire/types.ts'

export const writeTxnMarkersRequest = message(
  { name: 'WriteTxnMarkersRequest', versions: '1-2', flexible: '1+' },
  {
    markers: array({
      producerId: int64,
      producerEpoch: int16,
      // True commits, false aborts.
      transactionResult: boolean,
      topics: array({
        name: string,
        partitionIndexes: array(int32),
      }),
      coordinatorEpoch: int32,
      transactionVersion: field(int8, { since: 2, ignorable: true }),
    }),
  },
)

export const writeTxnMarkersResponse = message(
  { name: 'WriteTxnMarkersResponse', versions: '1-2', flexible: '1+' },
  {
    markers: array({
      producerId: int64,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          errorCode: int16,
        }),
      }),
    }),
  },
)
