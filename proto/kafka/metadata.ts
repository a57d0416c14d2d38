// Metadata (key 3): which brokers and topics there are, and who leads each partition. KIP-516
// topic ids (v10, queried by id from v12), KIP-430 authorized operations (v8), KIP-1102 error that
// makes a client bootstrap again (v13). v0 asks for all topics with an empty array, later versions
// with null.

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, nullable, string, uuid } from '../wire/types.ts'

export const metadataRequest = message(
  { name: 'MetadataRequest', versions: '0-13', flexible: '9+' },
  {
    // Null asks for all topics and an empty array for none, but in v0 an empty one asks for all.
    topics: nullable(
      array({
        topicId: field(uuid, { since: 10, ignorable: true }),
        name: nullable(string, { since: 10 }),
      }),
      { since: 1 },
    ),
    allowAutoTopicCreation: field(boolean, { since: 4, default: true }),
    includeClusterAuthorizedOperations: field(boolean, { since: 8, until: 10 }),
    includeTopicAuthorizedOperations: field(boolean, { since: 8 }),
  },
)

export const metadataResponse = message(
  { name: 'MetadataResponse', versions: '0-13', flexible: '9+' },
  {
    throttleTimeMs: field(int32, { since: 3, ignorable: true }),
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: field(nullable(string), { since: 1, default: null, ignorable: true }),
    }),
    clusterId: field(nullable(string), { since: 2, default: null, ignorable: true }),
    controllerId: field(int32, { since: 1, default: -1, ignorable: true }),
    topics: array({
      errorCode: int16,
      name: nullable(string, { since: 12 }),
      topicId: field(uuid, { since: 10, ignorable: true }),
      isInternal: field(boolean, { since: 1, ignorable: true }),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: field(int32, { since: 7, default: -1, ignorable: true }),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: field(array(int32), { since: 5, ignorable: true }),
      }),
      topicAuthorizedOperations: field(int32, { since: 8, default: -2_147_483_648 }),
    }),
    clusterAuthorizedOperations: field(int32, { since: 8, until: 10, default: -2_147_483_648 }),
    errorCode: field(int16, { since: 13, ignorable: true }),
  },
)
