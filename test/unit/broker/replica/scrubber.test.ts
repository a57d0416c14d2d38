// The round over all logs: how fast it reads, what it tells of, how it ends.

import type { CheckedPiece } from '@samsa/broker/log/partition-log'
import type { Partition } from '@samsa/broker/replica/partition'
import { Scrubber } from '@samsa/broker/replica/scrubber'
import { describe, expect, it } from 'vitest'
import { RecordedEvents } from '../../../support/disk/log-fixture.ts'
import { FakeTime } from '../../../support/fake-time.ts'

const hourMs = 60 * 60 * 1000

interface Part {
  readonly partition: Partition
  readonly reads: { readonly atMs: number; readonly bytes: number }[]
}

class Bench {
  readonly time = new FakeTime()
  readonly events = new RecordedEvents()
  readonly metrics = { scrubbedBytes: 0 }
  readonly damaged: string[] = []
  readonly parts: Part[] = []
  rate = 1000
  /** Reads under way; there must never be two. */
  reading = 0
  readonly scrubber = new Scrubber({
    partitions: () => this.parts.map(({ partition }) => partition),
    timers: this.time,
    events: this.events,
    metrics: this.metrics,
    bytesPerSecond: () => this.rate,
    onDamage: ({ topic }, { message }) => this.damaged.push(`${topic}: ${message}`),
  })

  /** A log of so many bytes, with what is found at its end. */
  add(topic: string, sizeBytes: number, end: Partial<CheckedPiece> | Error = {}): Part {
    const reads: Part['reads'] = []
    const check = () => {
      let left = sizeBytes
      const next = async (maxBytes: number): Promise<CheckedPiece> => {
        expect(++this.reading).toBe(1)
        await Promise.resolve()
        this.reading--
        const bytes = Math.min(left, maxBytes)
        left -= bytes
        reads.push({ atMs: this.time.monotonicMs(), bytes })
        if (left > 0) return { bytes, isLast: false, damage: null }
        if (end instanceof Error) throw end
        return { bytes, isLast: true, damage: null, ...end }
      }
      return { next }
    }
    const partition = { topic, index: 0, log: { check }, online: true } as unknown as Partition
    const part = { partition, reads }
    this.parts.push(part)
    return part
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      this.time.advance(50)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }

  get reads(): Part['reads'] {
    return this.parts.flatMap(({ reads }) => reads)
  }
}

describe('the scrubber', () => {
  it('begins a while after the start, reads no faster than its rate, and begins again', async () => {
    const bench = new Bench()
    bench.add('a', 2500)
    bench.add('b', 1500)
    bench.scrubber.start()
    await bench.pass(9_000)
    expect(bench.reads).toEqual([])
    await bench.pass(20_000)
    expect(bench.scrubber.rounds).toBe(1)
    expect(bench.metrics.scrubbedBytes).toBe(4000)
    const reads = bench.reads
    const first = reads[0]?.atMs ?? 0
    let before = 0
    for (const { atMs, bytes } of reads) {
      expect(atMs - first).toBeGreaterThanOrEqual(before)
      before += bytes
      expect(bytes).toBeLessThanOrEqual(bench.rate)
    }
    await bench.pass(hourMs)
    expect(bench.scrubber.rounds).toBe(2)
    await bench.scrubber.close()
  })

  it('tells of damage, and goes on with the other logs', async () => {
    const bench = new Bench()
    bench.add('a', 100, { damage: new Error('a bit') })
    bench.add('b', 100, new Error('too many open files'))
    const last = bench.add('c', 100)
    bench.scrubber.start()
    await bench.pass(11_000)
    expect(bench.damaged).toEqual(['a: a bit'])
    expect(bench.events.messages('warn')).toEqual([
      'a log could not be checked for damage in this round',
    ])
    expect(last.reads.length).toBe(1)
    await bench.scrubber.close()
  })

  it('leaves a log that is replaced meanwhile', async () => {
    const bench = new Bench()
    const { partition, reads } = bench.add('a', 100_000)
    bench.scrubber.start()
    await bench.pass(12_000)
    expect(reads.length).toBeGreaterThan(0)
    Object.assign(partition, { log: null })
    const { length } = reads
    await bench.pass(5_000)
    expect(reads.length).toBe(length)
    expect(bench.scrubber.rounds).toBe(1)
    await bench.scrubber.close()
  })

  it('rests while its rate is 0', async () => {
    const bench = new Bench()
    bench.rate = 0
    const { reads } = bench.add('a', 3000)
    bench.scrubber.start()
    await bench.pass(60_000)
    expect(reads).toEqual([])
    bench.rate = 1000
    await bench.pass(11_500)
    expect(reads.length).toBeGreaterThan(0)
    await bench.scrubber.close()
  })

  it('stops at once', async () => {
    for (const afterMs of [0, 12_000, hourMs / 2]) {
      const bench = new Bench()
      bench.add('a', 10_000)
      bench.scrubber.start()
      await bench.pass(afterMs)
      await bench.scrubber.close()
      const { length } = bench.reads
      expect(bench.time.pending).toBe(0)
      await bench.pass(5_000)
      expect(bench.reads.length).toBe(length)
    }
  })
})
