// Any entries survive being written and read; any text is read or refused.

import { formatProperties, parseProperties } from '@samsa/broker/config/properties'
import { ConfigError } from '@samsa/broker/config/value'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const hostile = fc.string({ unit: fc.constantFrom('\\', '\n', '\r', ' ', '=', '#', 'u', 'a', '0') })

describe('properties', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (entries) => {
        const back = parseProperties(formatProperties(entries))
        expect(back.map(({ key, value }) => [key, value])).toEqual(entries)
      }),
    )
  })

  it('are read or refused, whatever the text', () => {
    fc.assert(
      fc.property(hostile, (file) => {
        try {
          for (const { key, value } of parseProperties(file)) {
            expect(`${key}${value}`.length).toBeLessThanOrEqual(file.length)
          }
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
        }
      }),
    )
  })
})
