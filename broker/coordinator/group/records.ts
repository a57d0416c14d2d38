// The records that a classic group and its commits leave in `__consumer_offsets`, in the versions
// that Apache Kafka 4.3.1 writes, and what is read back of groups of every kind. Owns no state.

import {
  decodeGroupRecordKey,
  encodeGroupRecordKey,
  groupMetadataValue,
  offsetCommitValue,
} from '@samsa/proto/kafka/group-records'
import { DecodeError } from '@samsa/proto/wire/errors'
import type { Decoded, Encodable, Message } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import type { KeyValueRecord } from '../partition-writer.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { type ClassicMember, metadataFor } from './classic/classic-member.ts'
import { type ConsumerGroupRecord, decodeConsumerRecord } from './consumer/consumer-records.ts'
import type { CommittedOffset, OffsetKey } from './offsets/offset-store.ts'
import {
  decodeStreamsRecord,
  isStreamsKey,
  type StreamsGroupRecord,
} from './streams/streams-records.ts'

/**
 * Version 1 is the only one that can say when an offset expires; the others have all that came
 * later.
 */
const offsetValueVersionWithExpiry = 1
const offsetValueVersion = 4
const groupValueVersion = 3

export type GroupMetadata = Decoded<typeof groupMetadataValue>

export type GroupRecord =
  | {
      readonly type: 'offset'
      readonly groupId: string
      readonly key: OffsetKey
      /** null removes the offset. */
      readonly value: CommittedOffset | null
    }
  /** `metadata` null removes the group. */
  | { readonly type: 'group'; readonly groupId: string; readonly metadata: GroupMetadata | null }
  /** Of a group of the consumer protocol. */
  | { readonly type: 'consumer'; readonly record: ConsumerGroupRecord }
  /** Of a group of Kafka Streams. */
  | { readonly type: 'streams'; readonly record: StreamsGroupRecord }
  /** Of a kind that is not read here: groups of other protocols, or something newer. */
  | { readonly type: 'other' }

export function offsetRecord(
  groupId: string,
  key: OffsetKey,
  committed: CommittedOffset,
): KeyValueRecord {
  const version =
    committed.expireTimestampMs === -1 ? offsetValueVersion : offsetValueVersionWithExpiry
  const value = {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs,
    topicId: committed.topicId,
  }
  return {
    key: offsetKey(groupId, key),
    value: versioned(offsetCommitValue, value, version),
  }
}

export function offsetTombstone(groupId: string, key: OffsetKey): KeyValueRecord {
  return { key: offsetKey(groupId, key), value: null }
}

function offsetKey(groupId: string, { topic, partition }: OffsetKey): Buffer {
  return encodeGroupRecordKey('offsetCommit', { group: groupId, topic, partition })
}

/** The group as it is now, but with these assignments. */
export function groupRecord(
  group: ClassicGroup,
  assignmentOf: (member: ClassicMember) => Buffer,
): KeyValueRecord {
  const value: Encodable<typeof groupMetadataValue> = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs ?? -1,
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataFor(member, group.protocolName),
      assignment: assignmentOf(member),
    })),
  }
  return {
    key: encodeGroupRecordKey('groupMetadata', { group: group.groupId }),
    value: versioned(groupMetadataValue, value, groupValueVersion),
  }
}

export function groupTombstone(groupId: string): KeyValueRecord {
  return { key: encodeGroupRecordKey('groupMetadata', { group: groupId }), value: null }
}

/** Throws DecodeError for a record that is damaged or of a version that is not known. */
export function decodeGroupRecord(record: KeyValueRecord): GroupRecord {
  const key = decodeGroupRecordKey(record.key)
  switch (key.type) {
    case 'offsetCommit': {
      const value = record.value === null ? null : committedOffset(record.value)
      return {
        type: 'offset',
        groupId: key.group,
        key: { topic: key.topic, partition: key.partition },
        value,
      }
    }
    case 'groupMetadata': {
      const metadata =
        record.value === null ? null : decodeVersioned(groupMetadataValue, record.value)
      return { type: 'group', groupId: key.group, metadata }
    }
    case 'unknown':
      return { type: 'other' }
    default:
      return isStreamsKey(key)
        ? { type: 'streams', record: decodeStreamsRecord(key, record.value) }
        : { type: 'consumer', record: decodeConsumerRecord(key, record.value) }
  }
}

function committedOffset(bytes: Buffer): CommittedOffset {
  const value = decodeVersioned(offsetCommitValue, bytes)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}

function versioned<Out, In>(schema: Message<Out, In>, value: In, version: number): Buffer {
  const writer = new Writer()
  writer.int16(version)
  schema.encode(writer, value, version)
  return writer.toBuffer()
}

function decodeVersioned<Out, In>(schema: Message<Out, In>, bytes: Buffer): Out {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version < schema.versions.min || version > schema.versions.max) {
    throw new DecodeError(`${schema.name} of unknown version ${version}`, 0)
  }
  return schema.decode(reader, version)
}
