// Whatever a client pushes, the reader takes it or throws its own error, and nothing else.

import { OtlpError, readMetrics } from '@samsa/broker/telemetry/otlp'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { otlp } from '../../../support/otlp.ts'

const sound = otlp(
  [
    { name: 'a', kind: 'delta', value: 7n, labels: { topic: 't' } },
    { name: 'b', kind: 'gauge', value: 0.5 },
  ],
  { group_id: 'g' },
)

function readsOrRefuses(bytes: Buffer): void {
  try {
    readMetrics(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError)
  }
}

it('random bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => readsOrRefuses(Buffer.from(bytes))),
    { numRuns: 3_000 },
  )
})

it('sound bytes with one of them changed are read or refused', () => {
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(255), (at, value) => {
      const bytes = Buffer.from(sound)
      bytes[at] = value
      readsOrRefuses(bytes)
    }),
    { numRuns: 3_000 },
  )
})
