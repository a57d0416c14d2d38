// CreateTopics (key 19): creates topics, or checks that they could be created. KIP-464 defaults of
// the cluster (v4), KIP-525 configs in the response (v5), KIP-599 throttling (v6), KIP-516 topic
// ids (v7).

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  nullable,
  string,
  tagged,
  uuid,
} from '../wire/types.ts'

export const createTopicsRequest = message(
  { name: 'CreateTopicsRequest', versions: '2-7', flexible: '5+' },
  {
    topics: array({
      name: string,
      // -1: as many as assigned, or the default of the cluster.
      numPartitions: int32,
      // -1: that of the assignments, or the default of the cluster.
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32,
        brokerIds: array(int32),
      }),
      configs: array({
        name: string,
        value: nullable(string),
      }),
    }),
    timeoutMs: field(int32, { default: 60000 }),
    validateOnly: field(boolean),
  },
)

export const createTopicsResponse = message(
  { name: 'CreateTopicsResponse', versions: '2-7', flexible: '5+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      name: string,
      topicId: field(uuid, { since: 7, ignorable: true }),
      errorCode: int16,
      errorMessage: nullable(string),
      topicConfigErrorCode: tagged(0, int16, { since: 5, ignorable: true }),
      numPartitions: field(int32, { since: 5, default: -1, ignorable: true }),
      replicationFactor: field(int16, { since: 5, default: -1, ignorable: true }),
      configs: field(
        nullable(
          array({
            name: string,
            value: nullable(string),
            readOnly: boolean,
            configSource: field(int8, { default: -1 }),
            isSensitive: boolean,
          }),
        ),
        { since: 5, ignorable: true },
      ),
    }),
  },
)
