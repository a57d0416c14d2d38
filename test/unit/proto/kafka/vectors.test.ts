// Every message in every version against bytes that Kafka's own classes wrote (npm run
// gen:vectors). The JSON beside the bytes is what those classes read back from them, with the
// fields that the version lacks, so this holds field names, order, defaults, nulls, tags and
// version ranges equal to Kafka's.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'
import { allMessages, loadVectors } from '../../../support/vectors.ts'

/** Share coordinator state travels between brokers only, and ours do it their own way. */
const notServed = /^(Initialize|Read|Write|Delete)ShareGroupState(Summary)?(Request|Response)$/

const { vectors } = loadVectors()
const served = vectors.filter(({ message }) => !notServed.test(message))
const messages = allMessages()

/** A decoded value in the form of the JSON: bytes as base64, integers past 2^53 as text. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

describe('messages against golden vectors of Kafka 4.3.1', () => {
  it('has vectors of every version of every message', () => {
    for (const message of messages.values()) {
      const { min, max } = message.versions
      const versions = new Set(
        served.filter((v) => v.message === message.name).map((v) => v.version),
      )
      expect([...versions], message.name).toEqual(
        Array.from({ length: max - min + 1 }, (_, index) => min + index),
      )
    }
  })

  const byName = Map.groupBy(served, ({ message }) => message)
  for (const [name, ofMessage] of byName) {
    it(`decodes and encodes ${name} as Kafka does`, () => {
      const message = messages.get(name)
      if (message === undefined) throw new Error(`no schema of ${name}`)
      for (const { version, json, bytes } of ofMessage) {
        const reader = new Reader(bytes)
        const value = message.decode(reader, version)
        expect(reader.remaining, `v${version} bytes left`).toBe(0)
        expect(plain(value), `v${version}`).toEqual(json)
        const writer = new Writer()
        message.encode(writer, value, version)
        expect(writer.size).toBe(bytes.length)
        expect(writer.toBuffer().toString('base64')).toBe(bytes.toString('base64'))
      }
    })

    it(`refuses ${name} cut short anywhere`, () => {
      const message = messages.get(name)
      for (const { version, bytes } of ofMessage.slice(-3)) {
        for (let length = 0; length < bytes.length; length++) {
          const decode = () => message?.decode(new Reader(bytes.subarray(0, length)), version)
          expect(decode, `v${version}, ${length} of ${bytes.length} bytes`).toThrow(DecodeError)
        }
      }
    })
  }
})
