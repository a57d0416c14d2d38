// The records of __consumer_offsets that classic groups and their commits need, in Kafka's own
// format, so that its tools read ours and we read its. A key starts with an int16 that says what
// the record is about, a value with the version of its own schema (KIP-915: later ones only add
// tagged fields).

import { type Decoded, message } from '../wire/message.ts'
import { Reader } from '../wire/reader.ts'
import { array, bytes, field, int32, int64, nullable, string, tagged, uuid } from '../wire/types.ts'
import { Writer } from '../wire/writer.ts'

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
const recordTypes = { legacyOffsetCommit: 0, offsetCommit: 1, groupMetadata: 2 } as const

const keyVersion = 0

export type GroupRecordKey =
  | ({ readonly type: 'offsetCommit' } & Decoded<typeof offsetCommitKey>)
  | ({ readonly type: 'groupMetadata' } & Decoded<typeof groupMetadataKey>)
  | { readonly type: 'unknown'; readonly recordType: number }

export function encodeOffsetCommitKey(key: Decoded<typeof offsetCommitKey>): Buffer {
  const writer = new Writer(keyBytesGuess)
  writer.int16(recordTypes.offsetCommit)
  offsetCommitKey.encode(writer, key, keyVersion)
  return writer.toBuffer()
}

export function encodeGroupMetadataKey(key: Decoded<typeof groupMetadataKey>): Buffer {
  const writer = new Writer(keyBytesGuess)
  writer.int16(recordTypes.groupMetadata)
  groupMetadataKey.encode(writer, key, keyVersion)
  return writer.toBuffer()
}

/** Reads any key. Records of types that are not known here must be kept and passed over. */
export function decodeGroupRecordKey(key: Buffer): GroupRecordKey {
  const reader = new Reader(key)
  const recordType = reader.int16()
  switch (recordType) {
    case recordTypes.legacyOffsetCommit:
    case recordTypes.offsetCommit:
      return { type: 'offsetCommit', ...offsetCommitKey.decode(reader, keyVersion) }
    case recordTypes.groupMetadata:
      return { type: 'groupMetadata', ...groupMetadataKey.decode(reader, keyVersion) }
    default:
      return { type: 'unknown', recordType }
  }
}
