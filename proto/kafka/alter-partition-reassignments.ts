// AlterPartitionReassignments (key 45): starts or cancels moving partitions to other replicas.
// KIP-455, KIP-860 whether the replication factor may change (v1).

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, nullable, string } from '../wire/types.ts'

export const alterPartitionReassignmentsRequest = message(
  { name: 'AlterPartitionReassignmentsRequest', versions: '0-1', flexible: '0+' },
  {
    timeoutMs: field(int32, { default: 60000 }),
    allowReplicationFactorChange: field(boolean, { since: 1, default: true }),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        // Null takes the reassignment of the partition back.
        replicas: field(nullable(array(int32)), { default: null }),
      }),
    }),
  },
)

export const alterPartitionReassignmentsResponse = message(
  { name: 'AlterPartitionReassignmentsResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    allowReplicationFactorChange: field(boolean, { since: 1, default: true, ignorable: true }),
    errorCode: int16,
    errorMessage: nullable(string),
    responses: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    }),
  },
)
