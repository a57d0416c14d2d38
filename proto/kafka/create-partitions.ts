// CreatePartitions (key 37): gives topics more partitions. KIP-195, KIP-599 throttling (v3).

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, nullable, string } from '../wire/types.ts'

export const createPartitionsRequest = message(
  { name: 'CreatePartitionsRequest', versions: '0-3', flexible: '2+' },
  {
    topics: array({
      name: string,
      count: int32,
      // The replicas of each new partition; null leaves them to the controller.
      assignments: nullable(
        array({
          brokerIds: array(int32),
        }),
      ),
    }),
    timeoutMs: int32,
    validateOnly: boolean,
  },
)

export const createPartitionsResponse = message(
  { name: 'CreatePartitionsResponse', versions: '0-3', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: field(nullable(string), { default: null }),
    }),
  },
)
