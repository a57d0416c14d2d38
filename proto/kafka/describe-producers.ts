// DescribeProducers (key 61): the producers that a partition's leader remembers. KIP-664.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, nullable, string } from '../wire/types.ts'

export const describeProducersRequest = message(
  { name: 'DescribeProducersRequest', versions: '0', flexible: '0+' },
  {
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    }),
  },
)

export const describeProducersResponse = message(
  { name: 'DescribeProducersResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: field(nullable(string), { default: null }),
        activeProducers: array({
          producerId: int64,
          producerEpoch: int32,
          lastSequence: field(int32, { default: -1 }),
          lastTimestamp: field(int64, { default: -1 }),
          coordinatorEpoch: int32,
          currentTxnStartOffset: field(int64, { default: -1 }),
        }),
      }),
    }),
  },
)
