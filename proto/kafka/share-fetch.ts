// ShareFetch (key 78): acquires records for a member of a share group, and acknowledges earlier
// ones. KIP-932, KIP-1206 acquire modes and KIP-1222 renewal of locks (v2).

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
  records,
  string,
  struct,
  uuid,
} from '../wire/types.ts'

export const shareFetchRequest = message(
  { name: 'ShareFetchRequest', versions: '1-2', flexible: '0+' },
  {
    groupId: field(nullable(string), { default: null }),
    memberId: nullable(string),
    // 0 opens a session, -1 closes it.
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: field(int32, { default: 0x7fff_ffff }),
    maxRecords: int32,
    batchSize: int32,
    // 0: whole batches; 1: no more than maxRecords.
    shareAcquireMode: field(int8, { since: 2, ignorable: true }),
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
    forgottenTopicsData: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
)

export const shareFetchResponse = message(
  { name: 'ShareFetchResponse', versions: '1-2', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    acquisitionLockTimeoutMs: int32,
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: field(nullable(string), { default: null }),
        acknowledgeErrorCode: int16,
        acknowledgeErrorMessage: field(nullable(string), { default: null }),
        currentLeader: struct({
          leaderId: int32,
          leaderEpoch: int32,
        }),
        records: records,
        acquiredRecords: array({
          firstOffset: int64,
          lastOffset: int64,
          deliveryCount: int16,
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
