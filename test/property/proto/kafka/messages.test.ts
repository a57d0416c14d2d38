// Messages under damage: golden vectors with bytes changed, cut out, put in and repeated. What
// still decodes must encode and decode to the same again; all else is a DecodeError and nothing
// worse. Run as many seeds as you like with FC_RUNS; a failure prints its seed.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allMessages, loadVectors, type Vector } from '../../../support/vectors.ts'

const messages = allMessages()
const vectors = loadVectors().vectors.filter(({ message }) => messages.has(message))

type Damage =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number; readonly size: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly size: number }

const at = fc.nat(1_000_000)
const hostileByte = fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.nat(255))
const damages: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set'), at, byte: hostileByte }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), at, size: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('insert'),
      at,
      bytes: fc.uint8Array({ maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat'), at, size: fc.nat(40) }) },
)

function damaged(original: Buffer, damage: Damage): Buffer {
  const position = original.length === 0 ? 0 : damage.at % original.length
  const before = original.subarray(0, position)
  switch (damage.kind) {
    case 'set': {
      const changed = Buffer.from(original)
      if (changed.length > 0) changed[position] = damage.byte
      return changed
    }
    case 'cut':
      return Buffer.concat([before, original.subarray(position + damage.size)])
    case 'insert':
      return Buffer.concat([before, damage.bytes, original.subarray(position)])
    case 'repeat': {
      const repeated = original.subarray(position, position + damage.size)
      return Buffer.concat([before, repeated, original.subarray(position)])
    }
    default:
      damage satisfies never
      return original
  }
}

/** Decodes, and where that works checks that what came out is a value like any other. */
function decodeOrRefuse({ message: name, version }: Vector, bytes: Buffer): 'decoded' | 'refused' {
  const message = messages.get(name)
  if (message === undefined) throw new Error(`no schema of ${name}`)
  let value: unknown
  try {
    value = message.decode(new Reader(bytes), version)
  } catch (error) {
    expect(error, `${name} v${version} of ${bytes.toString('hex')}`).toBeInstanceOf(DecodeError)
    return 'refused'
  }
  const writer = new Writer()
  message.encode(writer, value, version)
  const again = message.decode(new Reader(writer.toBuffer()), version)
  expect(again, `${name} v${version} of ${bytes.toString('hex')}`).toEqual(value)
  return 'decoded'
}

const numRuns = Number(process.env.FC_RUNS ?? 20_000)

describe('any message', () => {
  it('decodes damaged bytes to a value like any other, or throws DecodeError', () => {
    const outcomes = { decoded: 0, refused: 0 }
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.array(damages, { minLength: 1, maxLength: 4 }),
        (vector, list) => {
          outcomes[decodeOrRefuse(vector, list.reduce(damaged, vector.bytes))]++
        },
      ),
      { numRuns },
    )
    // Both ends must have been reached, else the damage is too little or too much to test anything.
    expect(outcomes.decoded).toBeGreaterThan(numRuns / 20)
    expect(outcomes.refused).toBeGreaterThan(numRuns / 20)
  })

  it('decodes bytes of no message to a value, or throws DecodeError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.uint8Array({ maxLength: 300 }),
        (vector, bytes) => {
          decodeOrRefuse(vector, Buffer.from(bytes))
        },
      ),
      { numRuns },
    )
  })
})
