// The records of __consumer_offsets that classic groups and their commits need, and the keys of
// all, in Kafka's own format, so that its tools read ours and we read its. A key starts with an
// int16 that says what the record is about, a value with the version of its own schema (KIP-915:
// later ones only add tagged fields).

import { type Decoded, type Encodable, message } from '../wire/message.ts'
import { Reader } from '../wire/reader.ts'
import { array, bytes, field, int32, int64, nullable, string, tagged, uuid } from '../wire/types.ts'
import { Writer } from '../wire/writer.ts'
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupMemberMetadataKey,
  consumerGroupMetadataKey,
  consumerGroupPartitionMetadataKey,
  consumerGroupRegularExpressionKey,
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMetadataKey,
} from './consumer-group-records.ts'
import {
  streamsGroupCurrentMemberAssignmentKey,
  streamsGroupMemberMetadataKey,
  streamsGroupMetadataKey,
  streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTopologyKey,
} from './streams-group-records.ts'

const keyBytesGuess = 128

export const offsetCommitKey = message(
  { name: 'OffsetCommitKey', versions: '0', flexible: 'none' },
  {
    group: string,
    topic: string,
    partition: int32,
  },
)

export const offsetCommitValue = message(
  { name: 'OffsetCommitValue', versions: '0-4', flexible: '4+' },
  {
    offset: int64,
    leaderEpoch: field(int32, { since: 3, default: -1, ignorable: true }),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: field(int64, { since: 1, until: 1, default: -1, ignorable: true }),
    topicId: tagged(0, uuid, { since: 4, ignorable: true }),
  },
)

export const groupMetadataKey = message(
  { name: 'GroupMetadataKey', versions: '0', flexible: 'none' },
  {
    group: string,
  },
)

export const groupMetadataValue = message(
  { name: 'GroupMetadataValue', versions: '0-4', flexible: '4+' },
  {
    protocolType: string,
    generation: int32,
    protocol: nullable(string),
    leader: nullable(string),
    currentStateTimestamp: field(int64, { since: 2, default: -1, ignorable: true }),
    members: array({
      memberId: string,
      groupInstanceId: field(nullable(string), { since: 3, default: null, ignorable: true }),
      clientId: string,
      clientHost: string,
      rebalanceTimeout: field(int32, { since: 1, default: -1, ignorable: true }),
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  },
)

/** What the int16 in front of a key says. Type 0 is an offset commit from before Kafka 0.9. */
const recordTypes = {
  legacyOffsetCommit: 0,
  offsetCommit: 1,
  groupMetadata: 2,
  consumerGroupMetadata: 3,
  consumerGroupPartitionMetadata: 4,
  consumerGroupMemberMetadata: 5,
  consumerGroupTargetAssignmentMetadata: 6,
  consumerGroupTargetAssignmentMember: 7,
  consumerGroupCurrentMemberAssignment: 8,
  consumerGroupRegularExpression: 16,
  streamsGroupMetadata: 17,
  streamsGroupMemberMetadata: 19,
  streamsGroupTargetAssignmentMetadata: 20,
  streamsGroupTargetAssignmentMember: 21,
  streamsGroupCurrentMemberAssignment: 22,
  streamsGroupTopology: 23,
} as const

const keyVersion = 0

const keys = {
  offsetCommit: offsetCommitKey,
  groupMetadata: groupMetadataKey,
  consumerGroupMetadata: consumerGroupMetadataKey,
  consumerGroupPartitionMetadata: consumerGroupPartitionMetadataKey,
  consumerGroupMemberMetadata: consumerGroupMemberMetadataKey,
  consumerGroupTargetAssignmentMetadata: consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMember: consumerGroupTargetAssignmentMemberKey,
  consumerGroupCurrentMemberAssignment: consumerGroupCurrentMemberAssignmentKey,
  consumerGroupRegularExpression: consumerGroupRegularExpressionKey,
  streamsGroupMetadata: streamsGroupMetadataKey,
  streamsGroupMemberMetadata: streamsGroupMemberMetadataKey,
  streamsGroupTargetAssignmentMetadata: streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMember: streamsGroupTargetAssignmentMemberKey,
  streamsGroupCurrentMemberAssignment: streamsGroupCurrentMemberAssignmentKey,
  streamsGroupTopology: streamsGroupTopologyKey,
} as const

export type GroupRecordName = keyof typeof keys
export type GroupRecordKeyOf<N extends GroupRecordName> = Decoded<(typeof keys)[N]>

export type GroupRecordKey =
  | { [N in GroupRecordName]: { readonly type: N } & GroupRecordKeyOf<N> }[GroupRecordName]
  | { readonly type: 'unknown'; readonly recordType: number }

const namesByType = new Map<number, GroupRecordName>([
  [recordTypes.legacyOffsetCommit, 'offsetCommit'],
  ...(Object.keys(keys) as GroupRecordName[]).map((name) => [recordTypes[name], name] as const),
])

export function encodeGroupRecordKey<N extends GroupRecordName>(
  name: N,
  key: Encodable<(typeof keys)[N]>,
): Buffer {
  const writer = new Writer(keyBytesGuess)
  writer.int16(recordTypes[name])
  keys[name].encode(writer, key as never, keyVersion)
  return writer.toBuffer()
}

/** Reads any key. Records of types that are not known here must be kept and passed over. */
export function decodeGroupRecordKey(key: Buffer): GroupRecordKey {
  const reader = new Reader(key)
  const recordType = reader.int16()
  const type = namesByType.get(recordType)
  if (type === undefined) return { type: 'unknown', recordType }
  return { type, ...keys[type].decode(reader, keyVersion) } as GroupRecordKey
}
