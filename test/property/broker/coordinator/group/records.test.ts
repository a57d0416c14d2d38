// Records of groups and offsets: read as they were written, and never anything but a DecodeError.

import { DecodeError } from '@samsa/proto/wire/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import {
  array,
  assert,
  boolean,
  constant,
  integer,
  maxSafeNat,
  nat,
  option,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  ClassicMember,
  MemberProtocol,
} from '../../../../../broker/coordinator/group/classic/classic-member.ts'
import { loadedGroup } from '../../../../../broker/coordinator/group/classic/load.ts'
import { subscribedTopics } from '../../../../../broker/coordinator/group/classic/subscription.ts'
import {
  decodeGroupRecord,
  groupRecord,
  offsetRecord,
} from '../../../../../broker/coordinator/group/records.ts'
import { subscription } from '../../../../support/consumer-protocol.ts'

const text = string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())
const bytes = uint8Array({ maxLength: 40 }).map((values) => Buffer.from(values))
const int32 = integer({ min: -0x8000_0000, max: 0x7fff_ffff })

const offset = record({
  offset: maxSafeNat(),
  leaderEpoch: int32,
  metadata: text,
  commitTimestampMs: maxSafeNat(),
  expireTimestampMs: constant(-1),
  topicId: uint8Array({ minLength: 16, maxLength: 16 }).map((id) =>
    Buffer.from(id).toString('base64url'),
  ),
})

const metadata = record({
  protocolType: text,
  generation: int32,
  protocol: option(text),
  leader: constant(null),
  currentStateTimestamp: maxSafeNat(),
  members: array(
    record({
      memberId: text,
      groupInstanceId: constant(null),
      clientId: text,
      clientHost: text,
      rebalanceTimeout: nat(),
      sessionTimeout: nat(),
      subscription: bytes,
      assignment: bytes,
    }),
    { maxLength: 5 },
  ).map((members) => [...new Map(members.map((member) => [member.memberId, member])).values()]),
})

describe('records of groups and offsets', () => {
  it('are read as they were written: offsets', () => {
    assert(
      property(text, text, nat(), offset, (groupId, topic, partition, value) => {
        const key = { topic, partition }
        const decoded = decodeGroupRecord(offsetRecord(groupId, key, value))
        expect(decoded).toEqual({ type: 'offset', groupId, key, value })
      }),
    )
  })

  it('with a time to expire lose what the old version cannot say, and nothing else', () => {
    assert(
      property(offset, maxSafeNat(), (value, expireTimestampMs) => {
        const key = { topic: 't', partition: 0 }
        const decoded = decodeGroupRecord(offsetRecord('g', key, { ...value, expireTimestampMs }))
        const kept = { ...value, expireTimestampMs, leaderEpoch: -1, topicId: zeroUuid }
        expect(decoded).toMatchObject({ value: kept })
      }),
    )
  })

  it('are read as they were written: groups', () => {
    assert(
      property(text, metadata, (groupId, value) => {
        const group = loadedGroup(groupId, value)
        const written = groupRecord(group, ({ assignment }) => assignment)
        const again = decodeGroupRecord(written)
        if (again.type !== 'group' || again.metadata === null) throw new Error('not a group')
        expect(groupRecord(loadedGroup(groupId, again.metadata), (m) => m.assignment)).toEqual(
          written,
        )
        expect(again.metadata.generation).toBe(value.generation)
        expect(again.metadata.members.map(({ memberId }) => memberId)).toEqual(
          value.members.map(({ memberId }) => memberId),
        )
      }),
    )
  })

  it('of any bytes are read, or refused with a DecodeError', () => {
    const kind = integer({ min: 0, max: 3 }).map((type) => Buffer.from([0, type]))
    const version = integer({ min: 0, max: 5 }).map((number) => Buffer.from([0, number]))
    assert(
      property(kind, bytes, version, bytes, boolean(), (type, key, number, value, whole) => {
        const damaged = {
          key: whole ? Buffer.concat([type, key]) : key,
          value: whole ? Buffer.concat([number, value]) : value,
        }
        try {
          decodeGroupRecord(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the topics that members subscribe to', () => {
  const memberWith = (metadata: Buffer) => {
    const protocols: MemberProtocol[] = [{ name: 'range', metadata }]
    return { protocols } as unknown as ClassicMember
  }

  it('are those of all of them', () => {
    const topics = array(text, { maxLength: 5 })
    assert(
      property(topics, topics, (first, second) => {
        const members = [memberWith(subscription(first)), memberWith(subscription(second))]
        expect(subscribedTopics(members, 'range')).toEqual(new Set([...first, ...second]))
      }),
    )
  })

  it('are unknown, and not an error, when the metadata is anything else', () => {
    assert(
      property(bytes, (value) => {
        const topics = subscribedTopics([memberWith(value)], 'range')
        expect(topics === null || topics instanceof Set).toBe(true)
      }),
    )
  })
})
