// DescribeCluster (key 60): cluster id, controller and brokers. KIP-700, KIP-919 endpoint type
// (v1), KIP-1073 fenced brokers (v2).

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const describeClusterRequest = message(
  { name: 'DescribeClusterRequest', versions: '0-2', flexible: '0+' },
  {
    includeClusterAuthorizedOperations: boolean,
    // 1: brokers; 2: controllers.
    endpointType: field(int8, { since: 1, default: 1 }),
    includeFencedBrokers: field(boolean, { since: 2 }),
  },
)

export const describeClusterResponse = message(
  { name: 'DescribeClusterResponse', versions: '0-2', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    endpointType: field(int8, { since: 1, default: 1, ignorable: true }),
    clusterId: string,
    controllerId: field(int32, { default: -1 }),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: field(nullable(string), { default: null }),
      isFenced: field(boolean, { since: 2, ignorable: true }),
    }),
    clusterAuthorizedOperations: field(int32, { default: -2_147_483_648 }),
  },
)
