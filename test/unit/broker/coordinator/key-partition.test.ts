// Which partition keeps a group: the same as on the JVM.

import { describe, expect, it } from 'vitest'
import { keyPartition } from '../../../../broker/coordinator/key-partition.ts'

const intMax = 0x7fff_ffff

describe('the partition of a group', () => {
  // Java: "…".hashCode() & Integer.MAX_VALUE, printed by jshell 17.
  it.each([
    ['', 0],
    ['g', 103],
    ['group', 98_629_247],
    ['my-consumer-group', 1_513_705_513],
    ['console-consumer-12345', 158_455_506],
    ['grüße-群', 426_823_662],
    ['😀', 1_772_899],
    ['polygenelubricants', 0],
  ])('of %s comes from Java’s hash of its id', (groupId, hash) => {
    expect(keyPartition(groupId, intMax)).toBe(hash % intMax)
    expect(keyPartition(groupId, 50)).toBe(hash % 50)
  })
})
