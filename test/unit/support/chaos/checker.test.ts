// The checker is only worth something if it finds what is wrong: each anomaly is planted in a sound
// history, and must be found as what it is, and alone.

import { describe, expect, it } from 'vitest'
import { largestGapMs, quantile } from '../../../support/chaos/check-progress.ts'
import { checkHistory } from '../../../support/chaos/checker.ts'
import type { Happening, HistoryEvent, SeenRecord } from '../../../support/chaos/history.ts'

const sent = (first: number, count = 1, producer = 'p'): Happening => ({
  type: 'sent',
  producer,
  partition: 0,
  first,
  count,
})
const acked = (first: number, offset: number, count = 1, producer = 'p'): Happening => ({
  type: 'acked',
  producer,
  partition: 0,
  first,
  count,
  offset,
})
const polled = (records: SeenRecord[], assignment = 1): Happening => ({
  type: 'polled',
  consumer: 'c',
  partition: 0,
  assignment,
  records,
})
const watermark = (highWatermark: number, leaderEpoch = 0): Happening => ({
  type: 'highWatermark',
  watcher: 'w',
  partition: 0,
  leaderEpoch,
  highWatermark,
})
const final = (records: SeenRecord[], copy = 'node 1', startOffset = 0): Happening => ({
  type: 'final',
  copy,
  partition: 0,
  startOffset,
  records,
})
const committed = (offset: number, how: 'acknowledged' | 'fetched'): Happening => ({
  type: 'committed',
  group: 'g',
  partition: 0,
  offset,
  how,
})

/** One event every 100 ms. */
function history(...happenings: Happening[]): HistoryEvent[] {
  return happenings.map((happening, index) => ({ ...happening, atMs: index * 100 }))
}

function kinds(...happenings: Happening[]): string[] {
  return [...new Set(checkHistory(history(...happenings), [0]).map(({ kind }) => kind))]
}

const log: SeenRecord[] = [
  [0, 'p:0'],
  [1, 'p:1'],
  [2, 'p:2'],
]
const writes = [sent(0, 3), acked(0, 0, 3)]

describe('a sound history', () => {
  it('passes', () => {
    expect(
      kinds(
        ...writes,
        watermark(3),
        polled(log.slice(0, 2)),
        polled(log.slice(2)),
        committed(3, 'acknowledged'),
        committed(3, 'fetched'),
        final(log),
        final(log, 'node 2'),
      ),
    ).toEqual([])
  })

  it('may hold what was never acknowledged nor refused', () => {
    expect(kinds(...writes, sent(3), final([...log, [3, 'p:3']]))).toEqual([])
    expect(kinds(...writes, sent(3), final(log))).toEqual([])
  })

  it('may have gaps between offsets where no record is', () => {
    const gapped: SeenRecord[] = [
      [0, 'p:0'],
      [4, 'p:1'],
    ]
    expect(
      kinds(sent(0), sent(1), acked(0, 0), acked(1, 4), polled(gapped), final(gapped)),
    ).toEqual([])
  })

  it('may begin further back after a rebalance', () => {
    expect(kinds(...writes, polled(log), polled(log, 2), final(log))).toEqual([])
  })

  it('may miss in a copy what retention took from its front', () => {
    expect(kinds(...writes, final(log), final(log.slice(1), 'node 2', 1))).toEqual([])
  })

  it('may have an old leader answer with what it knows', () => {
    expect(kinds(watermark(5, 2), watermark(3, 1), watermark(6, 2))).toEqual([])
  })
})

describe('the checker finds', () => {
  it('a lost acknowledged record', () => {
    expect(kinds(...writes, final(log.slice(0, 2)))).toEqual(['lost'])
  })

  it('a lost record that was acknowledged without its offset', () => {
    const somewhere: Happening = {
      type: 'ackedSomewhere',
      producer: 'p',
      partition: 0,
      first: 2,
      count: 1,
    }
    expect(kinds(sent(0, 3), somewhere, final(log.slice(0, 3)))).toEqual([])
    expect(kinds(sent(0, 3), somewhere, final(log.slice(0, 2)))).toEqual(['lost'])
  })

  it('a lost record in one copy only', () => {
    expect(kinds(...writes, final(log), final(log.slice(0, 2), 'node 2'))).toEqual([
      'lost',
      'copies differ',
    ])
  })

  it('a record that is not where it was acknowledged', () => {
    const moved: SeenRecord[] = [...log.slice(0, 2), [5, 'p:2']]
    expect(kinds(...writes, final(moved))).toEqual(['duplicate', 'moved'])
  })

  it('a record written twice', () => {
    expect(kinds(...writes, final([...log, [3, 'p:1']]))).toContain('duplicate')
  })

  it('an acknowledgement of one record at two offsets', () => {
    expect(kinds(sent(0), acked(0, 0), acked(0, 1))).toEqual(['duplicate'])
  })

  it('records out of the order of their producer', () => {
    const swapped: SeenRecord[] = [
      [0, 'p:0'],
      [1, 'p:2'],
      [2, 'p:1'],
    ]
    expect(kinds(sent(0, 3), final(swapped))).toEqual(['reordered'])
  })

  it('two records at one offset', () => {
    const other = [sent(0, 1, 'q'), acked(0, 2, 1, 'q')]
    expect(kinds(...writes, ...other, polled(log))).toEqual(['inconsistent offset'])
  })

  it('a record that changed after it was read', () => {
    const changed: SeenRecord[] = [...log.slice(0, 2), [2, 'q:0']]
    const history = [sent(0, 3), sent(0, 1, 'q'), polled(log), final(changed)]
    expect(kinds(...history)).toEqual(['inconsistent offset', 'vanished'])
  })

  it('a record that was read and is gone', () => {
    expect(kinds(sent(0, 3), polled(log), final(log.slice(0, 2)))).toEqual(['vanished'])
  })

  it('a record that nobody sent', () => {
    expect(kinds(...writes, final([...log, [3, 'ghost:0']]))).toEqual(['phantom'])
  })

  it('a record that was refused for certain', () => {
    const refused: Happening = {
      type: 'failed',
      producer: 'p',
      partition: 0,
      first: 3,
      count: 1,
      isCertain: true,
      reason: 'NOT_ENOUGH_REPLICAS',
    }
    expect(kinds(...writes, sent(3), refused, final([...log, [3, 'p:3']]))).toEqual(['phantom'])
  })

  it('copies that differ', () => {
    const all = [...log, [3, 'p:3']] as const
    expect(kinds(...writes, sent(3), final(log), final([...all], 'node 2'))).toEqual([
      'copies differ',
    ])
  })

  it('a poll that goes back, within one poll and from one to the next', () => {
    expect(kinds(...writes, polled(log), polled(log.slice(1)), final(log))).toEqual([
      'poll went back',
    ])
    const back = [log[0], log[2], log[1]] as SeenRecord[]
    expect(kinds(...writes, polled(back), final(log))).toContain('poll went back')
  })

  it('a poll that leaves a record out', () => {
    const gap = [log[0], log[2]] as SeenRecord[]
    expect(kinds(...writes, polled(gap), final(log))).toEqual(['poll skipped'])
    const parts = [polled(log.slice(0, 1)), polled(log.slice(2))]
    expect(kinds(...writes, ...parts, final(log))).toEqual(['poll skipped'])
  })

  it('a high watermark that goes back, also under a new leader', () => {
    expect(kinds(watermark(5), watermark(4))).toEqual(['high watermark went back'])
    expect(kinds(watermark(5, 1), watermark(4, 2))).toEqual(['high watermark went back'])
  })

  it('what a client was told and should not have been', () => {
    expect(kinds({ type: 'complaint', partition: 0, detail: 'OFFSET_OUT_OF_RANGE' })).toEqual([
      'complaint',
    ])
  })

  it('a committed offset that goes back', () => {
    const went = [committed(7, 'acknowledged'), committed(6, 'fetched')]
    expect(kinds(...went)).toEqual(['committed offset went back'])
    expect(kinds(committed(7, 'acknowledged'), committed(-1, 'fetched'))).toEqual([
      'committed offset went back',
    ])
  })

  it('a partition that acknowledges nothing after a heal', () => {
    const fault: Happening = { type: 'fault', fault: 'kill', phase: 'healed', detail: '' }
    const events = history(fault, sent(0))
    const late = (atMs: number) => ({ ...acked(0, 0), atMs }) as HistoryEvent
    expect(checkHistory([...events, late(9_000)], [0])).toEqual([])
    expect(checkHistory([...events, late(10_500)], [0]).map(({ kind }) => kind)).toEqual([
      'no progress',
    ])
    expect(checkHistory([...events, late(9_000), late(11_000)], [0, 1])).toMatchObject([
      { kind: 'no progress', partition: 1 },
    ])
  })
})

describe('figures', () => {
  it('the largest gap counts the silence at both ends', () => {
    const events = [100, 200, 700, 800].map((atMs) => ({ ...acked(0, 0), atMs }))
    expect(largestGapMs(events, 0, { fromMs: 100, toMs: 900 })).toBe(500)
    expect(largestGapMs(events, 0, { fromMs: 100, toMs: 2_000 })).toBe(1_200)
    expect(largestGapMs(events, 1, { fromMs: 100, toMs: 900 })).toBe(800)
  })

  it('the quantile is a value that occurs', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
      50, 99, 100,
    ])
  })
})
