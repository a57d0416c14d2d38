// Producer snapshots: Kafka's form byte by byte, our addition behind it, and damage of every bit.

import { ProducerEntry } from '@samsa/broker/log/producer/producer-entry'
import {
  decodeSnapshot,
  encodeSnapshot,
  SnapshotDamagedError,
} from '@samsa/broker/log/producer/producer-snapshot'
import { crc32c } from '@samsa/proto/record/crc32c'
import { describe, expect, it } from 'vitest'

function entry(producerId: number, batches: number): ProducerEntry {
  const made = new ProducerEntry(producerId)
  made.setEpoch(2)
  made.coordinatorEpoch = 3
  made.currentTxnFirstOffset = producerId % 2 === 0 ? 1000 : -1
  for (let index = 0; index < batches; index++) {
    made.addBatch(index * 10 + 9, 100 + index * 10 + 9, 9, 1_700_000_000_000 + index)
  }
  return made
}

function facts(made: ProducerEntry) {
  return {
    producerId: made.producerId,
    producerEpoch: made.producerEpoch,
    coordinatorEpoch: made.coordinatorEpoch,
    currentTxnFirstOffset: made.currentTxnFirstOffset,
    lastTimestamp: made.lastTimestamp,
    batches: Array.from({ length: made.batchCount }, (_, index) => made.batch(index)),
  }
}

describe('a producer snapshot', () => {
  it('keeps every producer with all the batches it may resend', () => {
    const entries = [entry(1, 5), entry(2, 1), entry(3, 0), entry(4, 3)]
    expect(decodeSnapshot(encodeSnapshot(entries)).map(facts)).toEqual(entries.map(facts))
  })

  it('may be empty', () => {
    expect(decodeSnapshot(encodeSnapshot([]))).toEqual([])
  })

  // What Kafka 4.3.1 writes for one producer: no older batches follow. Its DumpLogSegments reads
  // ours in turn.
  it('is read as Kafka writes it', () => {
    const kafka = Buffer.from(
      '0001' +
        '00000000' +
        '00000001' +
        '0000000000000007' +
        '0003' +
        '0000000e' +
        '000000000000002a' +
        '00000002' +
        '0000018bcfe56800' +
        '00000001' +
        'ffffffffffffffff',
      'hex',
    )
    kafka.writeUInt32BE(crc32c(kafka, 6), 2)
    expect(decodeSnapshot(kafka).map(facts)).toEqual([
      {
        producerId: 7,
        producerEpoch: 3,
        coordinatorEpoch: 1,
        currentTxnFirstOffset: -1,
        lastTimestamp: 1_700_000_000_000,
        batches: [
          { lastSequence: 14, lastOffset: 42, offsetDelta: 2, timestamp: 1_700_000_000_000 },
        ],
      },
    ])
  })

  it('begins exactly as Kafka writes it', () => {
    const only = entry(7, 1)
    const expected =
      '0001' +
      '........' +
      '00000001' +
      '0000000000000007' +
      '0002' +
      '00000009' +
      '000000000000006d' +
      '00000009' +
      '0000018bcfe56800' +
      '00000003' +
      'ffffffffffffffff'
    expect(encodeSnapshot([only]).toString('hex')).toMatch(new RegExp(`^${expected}`))
  })

  it('is refused whole when any bit of it is wrong', () => {
    const sound = encodeSnapshot([entry(1, 5), entry(2, 2)])
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const damaged = Buffer.from(sound)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodeSnapshot(damaged)).toThrow(SnapshotDamagedError)
    }
  })

  it('is refused whole when it is cut short', () => {
    const sound = encodeSnapshot([entry(1, 5), entry(2, 2)])
    for (let size = 0; size < sound.length; size++) {
      expect(() => decodeSnapshot(sound.subarray(0, size))).toThrow(SnapshotDamagedError)
    }
  })

  it.each([
    ['a count of entries past the end', 6, 0x7fff_ffff],
    ['a negative count of entries', 6, -1],
  ])('with a right checksum but %s is refused', (_, at, value) => {
    const damaged = encodeSnapshot([entry(1, 1)])
    damaged.writeInt32BE(value, at)
    damaged.writeUInt32BE(crc32c(damaged, 6), 2)
    expect(() => decodeSnapshot(damaged)).toThrow(SnapshotDamagedError)
  })

  it('whose older batches go past the end is refused', () => {
    const damaged = encodeSnapshot([entry(1, 1)])
    damaged.writeInt8(100, damaged.length - 1)
    damaged.writeUInt32BE(crc32c(damaged, 6), 2)
    expect(() => decodeSnapshot(damaged)).toThrow(SnapshotDamagedError)
  })
})
