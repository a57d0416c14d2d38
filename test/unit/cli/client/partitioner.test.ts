// Keys must land where Kafka's Java clients put them.

import { murmur2, Partitioner, partitionOfKey } from '@samsa/cli/client/partitioner'
import { describe, expect, it } from 'vitest'

describe('murmur2', () => {
  // Values of org.apache.kafka.common.utils.Utils.murmur2, of every length modulo 4.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is %d', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected)
  })

  it('puts a key into the same partition each time, within range', () => {
    for (let count = 1; count <= 7; count++) {
      const partition = partitionOfKey(Buffer.from('foobar'), count)
      expect(partition).toBe((-790332482 & 0x7fff_ffff) % count)
    }
  })
})

describe('Partitioner', () => {
  it('stays with one partition for records without a key until its batch is full', () => {
    const partitioner = new Partitioner(1000)
    const first = partitioner.choose(null)
    expect(partitioner.choose(null)).toBe(first)
    partitioner.batchFull((first + 1) % 1000)
    expect(partitioner.choose(null)).toBe(first)
    const seen = new Set<number>()
    for (let round = 0; round < 20; round++) {
      const current = partitioner.choose(null)
      seen.add(current)
      partitioner.batchFull(current)
    }
    expect(seen.size).toBeGreaterThan(1)
  })
})
