// Every request to the controller and every answer comes out of the network as it went in, and
// bytes that are neither fail as a DecodeError and in no other way.

import {
  type ArgumentsOf,
  isRemoteMethod,
  type MethodCodec,
  methods,
  type RemoteMethod,
  type ResultOf,
  serveRemote,
} from '@samsa/controller/remote/methods'
import { errors } from '@samsa/proto/kafka/errors'
import { DecodeError } from '@samsa/proto/wire/errors'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyController } from '../../../support/controller/any-controller.ts'

const int16 = fc.integer({ min: -32_768, max: 32_767 })
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const int64 = fc.maxSafeInteger()
const port = fc.integer({ min: 0, max: 65_535 })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const textOrNull = fc.option(text)
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  return Buffer.from(bytes).toString('base64url')
})
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 })
const outcome = {
  error: fc.constantFrom(...errors.map(({ name }) => name)),
  message: textOrNull,
}
const overrides = fc
  .array(fc.tuple(text, text), { maxLength: 3 })
  .map((entries) => new Map(entries))
const endpoint = fc.record({
  listener: text,
  host: text,
  port,
  securityProtocol: fc.constantFrom('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
})
const feature = fc.record({ name: text, minVersion: int16, maxVersion: int16 })
const resource = {
  type: fc.constantFrom('topic', 'broker', 'broker-logger', 'client-metrics', 'group'),
  name: text,
}
const entry = fc.record({ name: text, value: textOrNull })
const byte = fc.integer({ min: -128, max: 127 })
const aclBinding = {
  resourceType: byte,
  resourceName: text,
  patternType: byte,
  principal: text,
  host: text,
  operation: byte,
  permissionType: byte,
}
const scramName = { name: text, mechanism: fc.integer({ min: -128, max: 127 }) }
const secret = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
const tokenResult = fc.record({
  ...outcome,
  token: fc.option(
    fc.record({
      tokenId: text,
      owner: text,
      requester: text,
      renewers: list(text),
      issueTimestampMs: int64,
      maxTimestampMs: int64,
      expiryTimestampMs: int64,
    }),
  ),
})
const quotaEntity = list(fc.record({ type: text, name: textOrNull }))
const partition = { topic: text, partitionIndex: int32 }
const voter = { nodeId: int32, directoryId: uuid }
const directory = { directoryId: uuid, topicId: uuid, partitionIndex: int32 }
const replica = fc.record({
  replicaId: int32,
  directoryId: uuid,
  logEndOffset: int64,
  lastFetchTimestampMs: int64,
  lastCaughtUpTimestampMs: int64,
})
const brokerAndEpoch = fc.tuple(int32, int64)
const none = fc.constant<[]>([])
const nothing = fc.constant<void>(undefined)
const only = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<[T]> => fc.tuple(of)
const results = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  list(fc.record(fields))

const cases: {
  [M in RemoteMethod]: readonly [fc.Arbitrary<ArgumentsOf<M>>, fc.Arbitrary<ResultOf<M>>]
} = {
  describeQuorum: [
    none,
    fc.record({
      leaderId: int32,
      epoch: int32,
      highWatermark: int64,
      voters: list(replica),
      observers: list(replica),
    }),
  ],
  createTopics: [
    only(
      fc.record({
        topics: list(
          fc.record({
            name: text,
            numPartitions: int32,
            replicationFactor: int16,
            assignments: list(fc.record({ partitionIndex: int32, brokerIds: list(int32) })),
            configs: list(entry),
          }),
        ),
        validateOnly: fc.boolean(),
      }),
    ),
    results({
      ...outcome,
      name: text,
      topicId: uuid,
      numPartitions: int32,
      replicationFactor: int16,
      configs: overrides,
    }),
  ],
  deleteTopics: [
    only(
      fc.record({
        topics: list(
          fc.oneof(
            fc.record({ name: text, topicId: fc.constant(null) }),
            fc.record({ name: fc.constant(null), topicId: uuid }),
          ),
        ),
      }),
    ),
    results({ ...outcome, name: textOrNull, topicId: uuid }),
  ],
  createPartitions: [
    only(
      fc.record({
        topics: list(
          fc.record({ name: text, count: int32, assignments: fc.option(list(list(int32))) }),
        ),
        validateOnly: fc.boolean(),
      }),
    ),
    results({ ...outcome, name: text }),
  ],
  createAcls: [only(fc.record({ bindings: list(fc.record(aclBinding)) })), results({ ...outcome })],
  deleteAcls: [
    only(
      fc.record({
        filters: list(
          fc.record({
            ...aclBinding,
            resourceName: fc.option(text),
            principal: fc.option(text),
            host: fc.option(text),
          }),
        ),
      }),
    ),
    results({ ...outcome, deleted: list(fc.record(aclBinding)) }),
  ],
  alterScramCredentials: [
    only(
      fc.record({
        deletions: list(fc.record(scramName)),
        upsertions: list(
          fc.record({
            ...scramName,
            salt: secret,
            storedKey: secret,
            serverKey: secret,
            iterations: int32,
          }),
        ),
      }),
    ),
    results({ ...outcome, user: text }),
  ],
  createDelegationToken: [
    only(
      fc.record({
        owner: text,
        requester: text,
        renewers: list(text),
        maxLifetimeMs: int64,
        renewPeriodMs: int64,
      }),
    ),
    tokenResult,
  ],
  renewDelegationToken: [
    only(fc.record({ tokenId: text, requester: text, renewPeriodMs: int64 })),
    tokenResult,
  ],
  expireDelegationToken: [
    only(fc.record({ tokenId: text, requester: text, expiryPeriodMs: int64 })),
    tokenResult,
  ],
  alterClientQuotas: [
    only(
      fc.record({
        alterations: list(
          fc.record({
            entity: quotaEntity,
            ops: list(
              fc.record({ key: text, value: fc.double({ noNaN: true }), remove: fc.boolean() }),
            ),
          }),
        ),
        validateOnly: fc.boolean(),
      }),
    ),
    results({ ...outcome, entity: quotaEntity }),
  ],
  incrementalAlterConfigs: [
    only(
      fc.record({
        resources: list(
          fc.record({
            ...resource,
            changes: list(
              fc.record({
                name: text,
                operation: fc.constantFrom('set', 'delete', 'append', 'subtract'),
                value: textOrNull,
              }),
            ),
          }),
        ),
        validateOnly: fc.boolean(),
      }),
    ),
    results({ ...outcome, ...resource }),
  ],
  alterConfigs: [
    only(
      fc.record({
        resources: list(fc.record({ ...resource, configs: list(entry) })),
        validateOnly: fc.boolean(),
      }),
    ),
    results({ ...outcome, ...resource }),
  ],
  registerBroker: [
    only(
      fc.record({
        brokerId: int32,
        clusterId: text,
        incarnationId: uuid,
        endpoints: list(endpoint),
        features: list(feature),
        rack: textOrNull,
        logDirs: list(uuid),
        fenced: fc.boolean(),
        previousBrokerEpoch: int64,
      }),
    ),
    fc.record({ epoch: int64 }),
  ],
  unregisterBroker: [only(int32), nothing],
  unfenceBroker: [brokerAndEpoch, nothing],
  fenceBroker: [brokerAndEpoch, nothing],
  beginControlledShutdown: [brokerAndEpoch, fc.record({ remainingLeaders: int32 })],
  assignDirectories: [
    only(
      fc.record({
        brokerId: int32,
        brokerEpoch: int64,
        assignments: list(fc.record(directory)),
      }),
    ),
    results({ ...outcome, ...directory }),
  ],
  alterPartition: [
    only(
      fc.record({
        brokerId: int32,
        brokerEpoch: int64,
        partitions: list(
          fc.record({
            topicId: uuid,
            partitionIndex: int32,
            leaderEpoch: int32,
            partitionEpoch: int32,
            newIsr: list(fc.record({ brokerId: int32, brokerEpoch: int64 })),
            recovering: fc.boolean(),
          }),
        ),
      }),
    ),
    results({ ...outcome, topicId: uuid, partitionIndex: int32 }),
  ],
  electLeaders: [
    only(
      fc.record({
        electionType: fc.constantFrom('preferred', 'unclean'),
        partitions: fc.option(list(fc.record(partition))),
      }),
    ),
    results({ ...outcome, ...partition }),
  ],
  alterReassignments: [
    only(
      fc.record({
        reassignments: list(fc.record({ ...partition, replicas: fc.option(list(int32)) })),
        allowReplicationFactorChange: fc.boolean(),
      }),
    ),
    results({ ...outcome, ...partition }),
  ],
  updateFeatures: [
    only(
      fc.record({
        updates: list(
          fc.record({
            name: text,
            maxVersionLevel: int16,
            upgradeType: fc.constantFrom('upgrade', 'safe-downgrade', 'unsafe-downgrade'),
          }),
        ),
        validateOnly: fc.boolean(),
      }),
    ),
    results({ ...outcome, name: text }),
  ],
  registerController: [
    only(fc.record({ ...voter, incarnationId: uuid, endpoints: list(endpoint) })),
    nothing,
  ],
  addVoter: [only(fc.record({ ...voter, endpoints: list(endpoint) })), nothing],
  removeVoter: [only(fc.record(voter)), nothing],
  transferLeadership: [only(fc.option(fc.nat())), nothing],
  allocateProducerIds: [brokerAndEpoch, fc.record({ first: int64, count: fc.nat() })],
}

const names = Object.keys(cases).filter(isRemoteMethod)

/** fast-check makes objects without a prototype now and then; clones of buffers lose theirs. */
function plain(value: unknown): unknown {
  return withBytes(structuredClone(value))
}

function withBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(withBytes)
  if (value === null || typeof value !== 'object' || value instanceof Map) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withBytes(each)]))
}

function checkRoundTrip<M extends RemoteMethod>(name: M): M {
  const [args, result] = cases[name]
  fc.assert(
    fc.property(args, result, (givenArgs, givenResult) => {
      const codec: MethodCodec<M> = methods[name]
      expect(codec.arguments.decode(codec.arguments.encode(givenArgs))).toEqual(plain(givenArgs))
      expect(codec.result.decode(codec.result.encode(givenResult))).toEqual(plain(givenResult))
    }),
  )
  return name
}

describe('requests to the controller over the network', () => {
  it.each(names)('%s comes out as it went in', (name) => {
    expect(checkRoundTrip(name)).toBe(name)
  })

  it('has an arbitrary for every method', () => {
    expect(names.toSorted()).toEqual(Object.keys(methods).toSorted())
  })

  it('fails as a DecodeError on other bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(fc.constantFrom(...names), bytes, (name, random) => {
        for (const codec of [methods[name].arguments, methods[name].result]) {
          try {
            codec.decode(random)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('asks the controller with what was sent, and sends what it answers', async () => {
    const asked: unknown[] = []
    const controller = anyController({
      async fenceBroker(...args) {
        asked.push(args)
      },
      async allocateProducerIds() {
        return { first: 7, count: 3 }
      },
    })
    await serveRemote(controller, 'fenceBroker', methods.fenceBroker.arguments.encode([4, 9]))
    expect(asked).toEqual([[4, 9]])
    const args = methods.allocateProducerIds.arguments.encode([1, 2])
    const answer = await serveRemote(controller, 'allocateProducerIds', args)
    expect(methods.allocateProducerIds.result.decode(answer)).toEqual({ first: 7, count: 3 })
  })

  it('knows no method by a name that is none', async () => {
    const controller = anyController({})
    for (const name of ['close', 'toString', 'constructor', '']) {
      await expect(serveRemote(controller, name, Buffer.alloc(0))).rejects.toThrow(DecodeError)
    }
  })
})
