// ElectLeaders (key 43): has the controller elect leaders of partitions, preferred or unclean.
// KIP-183, KIP-460 election types (v1).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const electLeadersRequest = message(
  { name: 'ElectLeadersRequest', versions: '0-2', flexible: '2+' },
  {
    // 0: the preferred replica; 1: unclean, any live replica where no other can lead.
    electionType: field(int8, { since: 1 }),
    // Null: all partitions.
    topicPartitions: nullable(
      array({
        topic: string,
        partitions: array(int32),
      }),
    ),
    timeoutMs: field(int32, { default: 60000 }),
  },
)

export const electLeadersResponse = message(
  { name: 'ElectLeadersResponse', versions: '0-2', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    errorCode: field(int16, { since: 1, ignorable: true }),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({
        partitionId: int32,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    }),
  },
)
