// ListPartitionReassignments (key 46): the moves of partitions that are under way. KIP-455.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string } from '../wire/types.ts'

export const listPartitionReassignmentsRequest = message(
  { name: 'ListPartitionReassignmentsRequest', versions: '0', flexible: '0+' },
  {
    timeoutMs: field(int32, { default: 60000 }),
    topics: field(
      nullable(
        array({
          name: string,
          partitionIndexes: array(int32),
        }),
      ),
      { default: null },
    ),
  },
)

export const listPartitionReassignmentsResponse = message(
  { name: 'ListPartitionReassignmentsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
)
