// OTLP as clients push it: what is read of it, and what is refused.

import { pointsPerPushMax } from '@samsa/broker/telemetry/limits'
import { OtlpError, readMetrics } from '@samsa/broker/telemetry/otlp'
import { describe, expect, it } from 'vitest'
import { otlp } from '../../../support/otlp.ts'

describe('readMetrics', () => {
  it('reads gauges, sums and what the client says of itself', () => {
    const bytes = otlp(
      [
        { name: 'a.gauge', kind: 'gauge', value: 1.5, labels: { topic: 't', node: '1' } },
        { name: 'a.delta', kind: 'delta', value: 7n },
        { name: 'a.sum', kind: 'cumulative', isMonotonic: false, value: -3n },
      ],
      { group_id: 'g' },
    )
    expect(readMetrics(bytes)).toEqual({
      resource: [['group_id', 'g']],
      points: [
        {
          metric: 'a.gauge',
          kind: 'gauge',
          isMonotonic: false,
          value: 1.5,
          labels: [
            ['topic', 't'],
            ['node', '1'],
          ],
        },
        { metric: 'a.delta', kind: 'delta', isMonotonic: true, value: 7, labels: [] },
        { metric: 'a.sum', kind: 'cumulative', isMonotonic: false, value: -3, labels: [] },
      ],
    })
  })

  it('passes over fields that it does not know', () => {
    const unknown = Buffer.from([0x7a, 2, 1, 2, 0x78, 5, 0x7d, 1, 2, 3, 4])
    const bytes = Buffer.concat([unknown, otlp([{ name: 'a', kind: 'gauge', value: 1 }])])
    expect(readMetrics(bytes).points).toHaveLength(1)
  })

  it('refuses a field that goes past the end', () => {
    const bytes = otlp([{ name: 'a', kind: 'gauge', value: 1 }])
    expect(() => readMetrics(bytes.subarray(0, -1))).toThrow(OtlpError)
  })

  it('refuses more numbers than one push may hold', () => {
    const metrics = Array.from({ length: pointsPerPushMax + 1 }, () => ({
      name: 'a',
      kind: 'gauge' as const,
      value: 1,
    }))
    expect(readMetrics(otlp(metrics.slice(1))).points).toHaveLength(pointsPerPushMax)
    expect(() => readMetrics(otlp(metrics))).toThrow(/numbers/)
  })

  it('cuts texts to what is kept', () => {
    const [point] = readMetrics(
      otlp([
        { name: 'n'.repeat(5_000), kind: 'gauge', value: 1, labels: { x: 'y'.repeat(5_000) } },
      ]),
    ).points
    expect(point?.metric).toHaveLength(200)
    expect(point?.labels[0]?.[1]).toHaveLength(256)
  })
})
