// Messages that carry their own version: the records of the internal topics and what consumers of a
// classic group say to each other. Bytes in hex are as Kafka writes them.

import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeConsumerAssignment,
  decodeConsumerSubscription,
} from '@samsa/proto/kafka/consumer-protocol'
import {
  decodeGroupRecordKey,
  encodeGroupRecordKey,
  offsetCommitValue,
} from '@samsa/proto/kafka/group-records'
import { decodeVersioned, encodeVersioned } from '@samsa/proto/kafka/versioned'
import { DecodeError, EncodeError } from '@samsa/proto/wire/errors'
import { describe, expect, it } from 'vitest'

const ofHex = (digits: string) => Buffer.from(digits, 'hex')

describe('keys of __consumer_offsets', () => {
  it('start with the type of their record', () => {
    const commit = { group: 'g', topic: 'tt', partition: 3 }
    expect(encodeGroupRecordKey('offsetCommit', commit).toString('hex')).toBe(
      '00010001670002747400000003',
    )
    expect(encodeGroupRecordKey('groupMetadata', { group: 'g' }).toString('hex')).toBe('0002000167')
  })

  it('are read back by their type', () => {
    const commit = { group: 'größe', topic: 'orders', partition: 11 }
    expect(decodeGroupRecordKey(encodeGroupRecordKey('offsetCommit', commit))).toEqual({
      type: 'offsetCommit',
      ...commit,
    })
    expect(decodeGroupRecordKey(encodeGroupRecordKey('groupMetadata', { group: 'g' }))).toEqual({
      type: 'groupMetadata',
      group: 'g',
    })
  })

  it('of type 0 are commits too, from before Kafka 0.9', () => {
    expect(decodeGroupRecordKey(ofHex('00000001670002747400000003'))).toMatchObject({
      type: 'offsetCommit',
      partition: 3,
    })
  })

  it('of a type that is not known are told apart from damage', () => {
    expect(decodeGroupRecordKey(ofHex('00630001ff'))).toEqual({ type: 'unknown', recordType: 99 })
    expect(() => decodeGroupRecordKey(ofHex('00'))).toThrow(DecodeError)
    expect(() => decodeGroupRecordKey(ofHex('0001000167'))).toThrow(DecodeError)
  })
})

describe('values with their version in front', () => {
  const value = { offset: 7, leaderEpoch: 2, metadata: 'm', commitTimestamp: 1 }

  it('come back whole', () => {
    const bytes = encodeVersioned(offsetCommitValue, value, 3)
    expect(bytes.toString('hex')).toBe('000300000000000000070000000200016d0000000000000001')
    expect(decodeVersioned(offsetCommitValue, bytes)).toEqual({
      ...value,
      expireTimestamp: -1,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
  })

  it('are refused in a version that is not known', () => {
    expect(() => decodeVersioned(offsetCommitValue, ofHex('0005ff'))).toThrow(DecodeError)
    expect(() => decodeVersioned(offsetCommitValue, ofHex('ffff'))).toThrow(DecodeError)
    expect(() => encodeVersioned(offsetCommitValue, value, 5)).toThrow(EncodeError)
  })
})

describe('the consumer protocol', () => {
  const subscription = {
    topics: ['a', 'b'],
    userData: Buffer.from([1, 2]),
    ownedPartitions: [{ topic: 'a', partitions: [0, 1] }],
    generationId: 4,
    rackId: 'r',
  }

  it('reads a subscription of each version, what it lacks as nothing', () => {
    const old = encodeVersioned(consumerProtocolSubscription, subscription, 0)
    expect(decodeConsumerSubscription(old)).toEqual({
      ...subscription,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
    const newest = encodeVersioned(consumerProtocolSubscription, subscription, 3)
    expect(decodeConsumerSubscription(newest)).toEqual(subscription)
  })

  it('reads a newer version as the newest it knows, with more behind it', () => {
    const newest = encodeVersioned(consumerProtocolSubscription, subscription, 3)
    const newer = Buffer.concat([newest, Buffer.from([9, 9, 9])])
    newer.writeInt16BE(7, 0)
    expect(decodeConsumerSubscription(newer)).toEqual(subscription)
  })

  it('refuses a version below 0 and bytes cut short', () => {
    expect(() => decodeConsumerSubscription(ofHex('ffff00000000ffffffff'))).toThrow(DecodeError)
    expect(() => decodeConsumerAssignment(ofHex('0000000000'))).toThrow(DecodeError)
  })

  it('reads assignments', () => {
    const assignment = { assignedPartitions: [{ topic: 't', partitions: [2] }], userData: null }
    const bytes = encodeVersioned(consumerProtocolAssignment, assignment, 1)
    expect(decodeConsumerAssignment(bytes)).toEqual(assignment)
  })
})
