// The records of `__consumer_offsets`, held to the bytes that Kafka's coordinator writes.

import { DecodeError } from '@samsa/proto/wire/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { describe, expect, it } from 'vitest'
import { loadedGroup } from '../../../../../broker/coordinator/group/classic/load.ts'
import {
  decodeGroupRecord,
  groupRecord,
  groupTombstone,
  offsetRecord,
  offsetTombstone,
} from '../../../../../broker/coordinator/group/records.ts'

// Taken from the log that Apache Kafka 4.3.1 wrote for the same requests.
const fromKafka = {
  offset: {
    key: '000100086f3131383738313400017400000001',
    value: '000400000000000000060000000201000001a1fd4f34360100100093cadae0d84f48818687fdbd006ecb',
  },
  offsetWithExpiry: {
    key: '000100086f3131383738313400017400000000',
    value: '0001000000000000000500016d000001a1fd4f343a000001a1fd8622ba',
  },
  offsetTombstone: { key: '000100086f3131383738313400017400000000', value: null },
  newGroup: {
    key: '000200096a3132313733373033',
    value: '0003000000000000ffffffff000001a1fd4fa53400000000',
  },
  emptyGroup: {
    key: '000200087331323138353039',
    value: '00030008636f6e73756d657200000002ffffffff000001a1fd4fa8c800000000',
  },
  staticMember: {
    key: '000200087331323138353039',
    value:
      '00030008636f6e73756d657200000001000572616e67650026412d35626137366234312d636564362d343762' +
      '622d613766662d643836323136353634326235000001a1fd4fa8ba000000010026412d3562613736623431' +
      '2d636564362d343762622d613766662d6438363231363536343262350001410003636964000a2f3132372e' +
      '302e302e3100002710000027100000000d000000000001000174ffffffff000000026173',
  },
  twoMembers: {
    key: '000200087231323139303933',
    value:
      '00030008636f6e73756d6572000000010002727200286369642d33333032306132382d383264382d34623263' +
      '2d386462622d613266653262343635396662000001a1fd4fab690000000200286269642d36383065643430' +
      '382d646362372d343661362d626535362d333664623238663931303238ffff0003626964000a2f3132372e' +
      '302e302e3100002710000027100000000d000000000001000174ffffffff0000000000286369642d333330' +
      '32306132382d383264382d346232632d386462622d613266653262343635396662ffff0003636964000a2f' +
      '3132372e302e302e3100002710000027100000000d000000000001000174ffffffff000000014c',
  },
  groupTombstone: { key: '000200086f31313837383134', value: null },
}

function bytes({ key, value }: { key: string; value: string | null }) {
  return {
    key: Buffer.from(key, 'hex'),
    value: value === null ? null : Buffer.from(value, 'hex'),
  }
}

describe('an offset record of Kafka', () => {
  it('is read, and written the same to the byte', () => {
    const record = bytes(fromKafka.offset)
    const decoded = decodeGroupRecord(record)
    expect(decoded).toEqual({
      type: 'offset',
      groupId: 'o1187814',
      key: { topic: 't', partition: 1 },
      value: {
        offset: 6,
        leaderEpoch: 2,
        metadata: '',
        commitTimestampMs: 1_795_251_188_790,
        expireTimestampMs: -1,
        topicId: 'AJPK2uDYT0iBhof9vQBuyw',
      },
    })
    if (decoded.type !== 'offset' || decoded.value === null) return
    expect(offsetRecord(decoded.groupId, decoded.key, decoded.value)).toEqual(record)
  })

  it('with a time to expire has the older form, which knows no epoch', () => {
    const record = bytes(fromKafka.offsetWithExpiry)
    const decoded = decodeGroupRecord(record)
    expect(decoded).toMatchObject({
      value: {
        offset: 5,
        leaderEpoch: -1,
        expireTimestampMs: 1_795_254_788_794,
        topicId: zeroUuid,
      },
    })
    if (decoded.type !== 'offset' || decoded.value === null) return
    expect(offsetRecord(decoded.groupId, decoded.key, decoded.value)).toEqual(record)
  })

  it('that removes has no value', () => {
    const record = bytes(fromKafka.offsetTombstone)
    expect(decodeGroupRecord(record)).toMatchObject({ type: 'offset', value: null })
    expect(offsetTombstone('o1187814', { topic: 't', partition: 0 })).toEqual(record)
  })
})

describe('a group record of Kafka', () => {
  it.each(['newGroup', 'emptyGroup', 'staticMember', 'twoMembers'] as const)(
    '(%s) is read, and written the same to the byte',
    (name) => {
      const record = bytes(fromKafka[name])
      const decoded = decodeGroupRecord(record)
      expect(decoded.type).toBe('group')
      if (decoded.type !== 'group' || decoded.metadata === null) return
      const group = loadedGroup(decoded.groupId, decoded.metadata)
      expect(groupRecord(group, (member) => member.assignment)).toEqual(record)
    },
  )

  it('tells members with all that they need to go on', () => {
    const decoded = decodeGroupRecord(bytes(fromKafka.staticMember))
    if (decoded.type !== 'group' || decoded.metadata === null) throw new Error('not a group')
    const group = loadedGroup(decoded.groupId, decoded.metadata)
    const memberId = 'A-5ba76b41-ced6-47bb-a7ff-d862165642b5'
    expect(group).toMatchObject({
      state: 'Stable',
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leaderId: memberId,
    })
    expect(group.staticMembers.get('A')).toBe(memberId)
    expect(group.subscribedTopics).toEqual(new Set(['t']))
    expect(group.members.get(memberId)).toMatchObject({
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      assignment: Buffer.from('as'),
    })
  })

  it('that removes has no value', () => {
    const record = bytes(fromKafka.groupTombstone)
    expect(decodeGroupRecord(record)).toEqual({
      type: 'group',
      groupId: 'o1187814',
      metadata: null,
    })
    expect(groupTombstone('o1187814')).toEqual(record)
  })
})

describe('a record that is not known', () => {
  it('by its key is of another kind, and passed over', () => {
    const key = Buffer.from('0063000167', 'hex')
    expect(decodeGroupRecord({ key, value: Buffer.from('0000', 'hex') })).toEqual({ type: 'other' })
  })

  it('by the version of its value is an error, since a group must not be served without it', () => {
    const { key } = bytes(fromKafka.offset)
    const value = Buffer.from('0009'.padEnd(84, '0'), 'hex')
    expect(() => decodeGroupRecord({ key, value })).toThrow(DecodeError)
  })

  it('that ends too early is an error', () => {
    const { key, value } = bytes(fromKafka.twoMembers)
    for (let size = 0; size < (value?.length ?? 0); size++) {
      const cut = value?.subarray(0, size) ?? null
      expect(() => decodeGroupRecord({ key, value: cut })).toThrow(DecodeError)
    }
  })
})

describe('a rebalance timeout that an old record does not have', () => {
  it('is the session timeout', () => {
    const group = loadedGroup('g', {
      protocolType: 'consumer',
      generation: 4,
      protocol: 'range',
      leader: 'm',
      currentStateTimestamp: -1,
      members: [
        {
          memberId: 'm',
          groupInstanceId: null,
          clientId: 'c',
          clientHost: '/127.0.0.1',
          rebalanceTimeout: -1,
          sessionTimeout: 7_000,
          subscription: Buffer.alloc(0),
          assignment: Buffer.alloc(0),
        },
      ],
    })
    expect(group.members.get('m')?.rebalanceTimeoutMs).toBe(7_000)
    expect(group.stateTimestampMs).toBeNull()
    expect(group.subscribedTopics).toBeNull()
  })
})
