// What group members tell each other, against bytes of Kafka's ConsumerProtocol.

import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '@samsa/cli/client/group-protocol'
import { DecodeError } from '@samsa/proto/wire/errors'
import { describe, expect, it } from 'vitest'

describe('subscriptions', () => {
  it('are version 0, topics, no user data', () => {
    const bytes = encodeSubscription(['a', 'bc'])
    expect(bytes.toString('hex')).toBe('000000000002000161000262 63ffffffff'.replace(' ', ''))
    expect(decodeSubscription(bytes)).toEqual(['a', 'bc'])
  })

  it('of newer versions are read by their first fields', () => {
    // Version 3: owned partitions, generation and rack follow.
    const newer = Buffer.from(
      '0003000000010001 61ffffffff00000000ffffffffffff'.replace(' ', ''),
      'hex',
    )
    expect(decodeSubscription(newer)).toEqual(['a'])
  })

  it('that are no subscription are a DecodeError', () => {
    expect(() => decodeSubscription(Buffer.from('00'))).toThrow(DecodeError)
  })
})

describe('assignments', () => {
  const partitions = [
    { topic: 'a', partition: 0 },
    { topic: 'a', partition: 2 },
    { topic: 'b', partition: 1 },
  ]

  it('come out as they went in', () => {
    expect(decodeAssignment(encodeAssignment(partitions))).toEqual(partitions)
  })

  it('may be no bytes at all', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
  })
})
