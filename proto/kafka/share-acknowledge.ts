// ShareAcknowledge (key 79): acknowledges records that a member of a share group has acquired.
// KIP-932, KIP-1222 renewal of locks (v2).

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  uuid,
} from '../wire/types.ts'

export const shareAcknowledgeRequest = message(
  { name: 'ShareAcknowledgeRequest', versions: '1-2', flexible: '0+' },
  {
    groupId: field(nullable(string), { default: null }),
    memberId: nullable(string),
    // Above 0, or -1 to close the session.
    shareSessionEpoch: int32,
    isRenewAck: field(boolean, { since: 2 }),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          // One for all records of the batch, or one a record. 0: gap; 1: accept; 2: release; 3:
          // reject; 4: renew.
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
  },
)

export const shareAcknowledgeResponse = message(
  { name: 'ShareAcknowledgeResponse', versions: '1-2', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    acquisitionLockTimeoutMs: field(int32, { since: 2, ignorable: true }),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: field(nullable(string), { default: null }),
        currentLeader: struct({
          leaderId: int32,
          leaderEpoch: int32,
        }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: field(nullable(string), { default: null }),
    }),
  },
)
