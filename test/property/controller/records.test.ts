// Metadata records through their bytes and back, and hostile bytes.

import { MetadataRecordError } from '@samsa/controller/errors'
import { decodeRecord, encodeRecord, type NewRecord } from '@samsa/controller/records/record'
import { recordTypes } from '@samsa/controller/records/records'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const int8 = fc.integer({ min: -128, max: 127 })
const int16 = fc.integer({ min: -32_768, max: 32_767 })
const int32 = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })
const int64 = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
const uuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'))
const ids = fc.array(int32, { maxLength: 5 })
const maybeIds = fc.option(ids, { nil: null })
const uuids = fc.array(uuid, { maxLength: 3 })
const bytes = fc.uint8Array({ maxLength: 32 }).map((each) => Buffer.from(each))
const text = fc.string({ maxLength: 40 })
const endpoints = fc.array(
  fc.record({
    listener: text,
    host: text,
    port: fc.integer({ min: 0, max: 65_535 }),
    securityProtocol: int16,
  }),
)
const features = fc.array(
  fc.record({ name: text, minSupportedVersion: int16, maxSupportedVersion: int16 }),
)

const records: fc.Arbitrary<NewRecord> = fc.oneof(
  fc.record({
    type: fc.constant('registerBroker' as const),
    brokerId: int32,
    isMigratingZkBroker: fc.boolean(),
    incarnationId: uuid,
    brokerEpoch: int64,
    endpoints,
    features,
    rack: fc.option(text, { nil: null }),
    fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(),
    logDirs: uuids,
  }),
  fc.record({
    type: fc.constant('unregisterBroker' as const),
    brokerId: int32,
    brokerEpoch: int64,
  }),
  fc.record({
    type: fc.constant('brokerRegistrationChange' as const),
    brokerId: int32,
    brokerEpoch: int64,
    fenced: int8,
    inControlledShutdown: int8,
    logDirs: uuids,
  }),
  fc.record({ type: fc.constant('topic' as const), name: text, topicId: uuid }),
  fc.record({ type: fc.constant('removeTopic' as const), topicId: uuid }),
  fc.record({
    type: fc.constant('partition' as const),
    partitionId: int32,
    topicId: uuid,
    replicas: ids,
    isr: ids,
    removingReplicas: ids,
    addingReplicas: ids,
    leader: int32,
    leaderRecoveryState: int8,
    leaderEpoch: int32,
    partitionEpoch: int32,
    directories: uuids,
    eligibleLeaderReplicas: maybeIds,
    lastKnownElr: maybeIds,
  }),
  fc.record({
    type: fc.constant('partitionChange' as const),
    partitionId: int32,
    topicId: uuid,
    isr: maybeIds,
    leader: int32,
    replicas: maybeIds,
    removingReplicas: maybeIds,
    addingReplicas: maybeIds,
    leaderRecoveryState: int8,
    directories: fc.option(uuids, { nil: null }),
    eligibleLeaderReplicas: maybeIds,
    lastKnownElr: maybeIds,
  }),
  fc.record({
    type: fc.constant('config' as const),
    resourceType: int8,
    resourceName: text,
    name: text,
    value: fc.option(text, { nil: null }),
  }),
  fc.record({
    type: fc.constant('featureLevel' as const),
    name: text,
    featureLevel: int16,
    softwareVersion: text,
  }),
  fc.record({
    type: fc.constant('producerIds' as const),
    brokerId: int32,
    brokerEpoch: int64,
    nextProducerId: int64,
  }),
  fc.record({
    type: fc.constant('userScramCredential' as const),
    name: text,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  }),
  fc.record({
    type: fc.constant('delegationToken' as const),
    owner: text,
    requester: text,
    renewers: fc.array(text),
    issueTimestampMs: int64,
    maxTimestampMs: int64,
    expiryTimestampMs: int64,
    tokenId: text,
  }),
  fc.record({ type: fc.constant('removeDelegationToken' as const), tokenId: text }),
  fc.record({
    type: fc.constant('removeUserScramCredential' as const),
    name: text,
    mechanism: int8,
  }),
  fc.record({
    type: fc.constant('clientQuota' as const),
    entity: fc.array(fc.record({ entityType: text, entityName: fc.option(text, { nil: null }) })),
    key: text,
    value: fc.double({ noNaN: true }),
    remove: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('accessControlEntry' as const),
    id: uuid,
    resourceType: int8,
    resourceName: text,
    patternType: int8,
    principal: text,
    host: text,
    operation: int8,
    permissionType: int8,
  }),
  fc.record({ type: fc.constant('removeAccessControlEntry' as const), id: uuid }),
  fc.record({ type: fc.constant('noOp' as const) }),
  fc.record({
    type: fc.constant('registerController' as const),
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: fc.boolean(),
    endpoints,
    features,
    directoryId: uuid,
  }),
  fc.record({ type: fc.constant('cluster' as const), clusterId: text }),
  fc.record({ type: fc.constant('nextBrokerEpoch' as const), nextBrokerEpoch: int64 }),
)

describe('metadata records', () => {
  it('are what they were after encoding and decoding', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record)
      }),
    )
  })

  it('are all among those tried here', () => {
    const tried = new Set(fc.sample(records, 1000).map(({ type }) => type))
    expect([...tried].sort()).toEqual(Object.keys(recordTypes).sort())
  })

  it('throw nothing but a MetadataRecordError, whatever the bytes', () => {
    const mangled = fc
      .tuple(records, fc.nat(), fc.nat(255), fc.nat())
      .map(([record, at, byte, cut]) => {
        const bytes = Buffer.from(encodeRecord(record))
        bytes[at % bytes.length] = byte
        return bytes.subarray(0, cut % (bytes.length + 1))
      })
    const random = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(mangled, random), (bytes) => {
        try {
          decodeRecord(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(MetadataRecordError)
        }
      }),
    )
  })
})
