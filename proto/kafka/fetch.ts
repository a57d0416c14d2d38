// Fetch (key 1): a read of partitions by a consumer or a follower, waiting until there is enough.
// KIP-74 response limit, KIP-98 isolation, KIP-227 sessions (v7), KIP-320 epochs (v9, v12),
// KIP-392 rack and preferred replica (v11), KIP-516 topic ids (v13), KIP-903 replica state (v15),
// KIP-951 leader hints (v16), KIP-853 directory ids (v17), KIP-1166 high watermark of a follower
// (v18).

import { message } from '../wire/message.ts'
import {
  array,
  bigint64,
  field,
  int8,
  int16,
  int32,
  int64,
  nullable,
  records,
  saturatedInt64,
  string,
  struct,
  tagged,
  uuid,
} from '../wire/types.ts'

export const fetchRequest = message(
  { name: 'FetchRequest', versions: '4-18', flexible: '12+' },
  {
    clusterId: tagged(0, nullable(string), { since: 12, default: null, ignorable: true }),
    // -1 is a consumer. From v15 on a follower names itself in replicaState.
    replicaId: field(int32, { until: 14, default: -1 }),
    replicaState: tagged(
      1,
      struct({
        replicaId: field(int32, { default: -1 }),
        replicaEpoch: field(int64, { default: -1 }),
      }),
      { since: 15 },
    ),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: field(int32, { default: 0x7fff_ffff }),
    // 0: read uncommitted; 1: read committed.
    isolationLevel: field(int8),
    sessionId: field(int32, { since: 7, ignorable: true }),
    // -1: no session, or the end of one; 0: a new session; above: its next request (KIP-227).
    sessionEpoch: field(int32, { since: 7, default: -1, ignorable: true }),
    topics: array({
      topic: field(string, { until: 12, ignorable: true }),
      topicId: field(uuid, { since: 13, ignorable: true }),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: field(int32, { since: 9, default: -1, ignorable: true }),
        fetchOffset: saturatedInt64,
        lastFetchedEpoch: field(int32, { since: 12, default: -1 }),
        logStartOffset: field(int64, { since: 5, default: -1, ignorable: true }),
        partitionMaxBytes: int32,
        replicaDirectoryId: tagged(0, uuid, { since: 17, ignorable: true }),
        // What a follower takes the high watermark to be. The default says nothing.
        highWatermark: tagged(1, bigint64, {
          since: 18,
          default: 0x7fff_ffff_ffff_ffffn,
          ignorable: true,
        }),
      }),
    }),
    // Partitions to drop from the session.
    forgottenTopicsData: field(
      array({
        topic: field(string, { until: 12, ignorable: true }),
        topicId: field(uuid, { since: 13, ignorable: true }),
        partitions: array(int32),
      }),
      { since: 7 },
    ),
    rackId: field(string, { since: 11, ignorable: true }),
  },
)

export const fetchResponse = message(
  { name: 'FetchResponse', versions: '4-18', flexible: '12+' },
  {
    throttleTimeMs: field(int32),
    errorCode: field(int16, { since: 7, ignorable: true }),
    sessionId: field(int32, { since: 7, ignorable: true }),
    responses: array({
      topic: field(string, { until: 12, ignorable: true }),
      topicId: field(uuid, { since: 13, ignorable: true }),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: field(int64, { default: -1 }),
        logStartOffset: field(int64, { since: 5, default: -1, ignorable: true }),
        divergingEpoch: tagged(
          0,
          struct({
            epoch: field(int32, { default: -1 }),
            endOffset: field(int64, { default: -1 }),
          }),
          { since: 12 },
        ),
        currentLeader: tagged(
          1,
          struct({
            leaderId: field(int32, { default: -1 }),
            leaderEpoch: field(int32, { default: -1 }),
          }),
          { since: 12 },
        ),
        snapshotId: tagged(
          2,
          struct({
            endOffset: field(int64, { default: -1 }),
            epoch: field(int32, { default: -1 }),
          }),
          { since: 12 },
        ),
        // Null for a reader of uncommitted records. In the order of first offsets.
        abortedTransactions: nullable(
          array({
            producerId: int64,
            firstOffset: int64,
          }),
        ),
        // The replica to read from instead, nearer to the rack of the consumer (KIP-392).
        preferredReadReplica: field(int32, { since: 11, default: -1 }),
        records: nullable(records),
      }),
    }),
    nodeEndpoints: tagged(
      0,
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: field(nullable(string), { default: null }),
      }),
      { since: 16 },
    ),
  },
)
