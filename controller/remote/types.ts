// What the schemas of requests to the controller need beyond the wire's own types: names as
// numbers, maps, and tuples of arguments.

import { errorByCode, errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { EncodeError } from '@samsa/proto/wire/errors'
import type { Reader } from '@samsa/proto/wire/reader'
import {
  array,
  type Codec,
  int8,
  int16,
  int32,
  nullable,
  string,
  struct,
  type Type,
  uint16,
} from '@samsa/proto/wire/types'
import { securityProtocols } from '../endpoints.ts'
import type { ConfigOverrides } from '../image.ts'

/** A type by another: how its values are told in that, and made of it. */
export function mapped<Wire, WireIn, Value>(
  type: Type<Wire, WireIn>,
  made: (wire: Wire, reader: Reader | null) => Value,
  told: (value: Value) => WireIn,
): Type<Value> {
  return {
    get zero() {
      return made(type.zero, null)
    },
    codec(context) {
      const inner: Codec<Wire, WireIn> = type.codec(context)
      return {
        bytesMin: inner.bytesMin,
        read: (reader) => made(inner.read(reader), reader),
        write: (writer, value) => inner.write(writer, told(value)),
      }
    },
  }
}

/** One of some words, as its place among them: new ones go to the end. */
export function oneOf<const T extends string>(words: readonly [T, ...T[]]): Type<T> {
  return mapped(
    int8,
    (index, reader) => {
      const word = words[index]
      if (word !== undefined) return word
      return reader === null
        ? words[0]
        : reader.fail(`${index} stands for none of ${words.join(', ')}`)
    },
    (word) => {
      const index = words.indexOf(word)
      if (index < 0) throw new EncodeError(`${word} is none of ${words.join(', ')}`)
      return index
    },
  )
}

/** By its code; one of a newer version of the software becomes UNKNOWN_SERVER_ERROR. */
export const errorName: Type<KafkaErrorName> = mapped(
  int16,
  (code) => errorByCode(code).name,
  (name) => errorCodes[name],
)

export const outcome = { error: errorName, message: nullable(string) }

export const configOverrides: Type<ConfigOverrides> = mapped(
  array({ name: string, value: string }),
  (entries): ConfigOverrides => new Map(entries.map(({ name, value }) => [name, value])),
  (overrides) => [...overrides].map(([name, value]) => ({ name, value })),
)

export const endpoints = array({
  listener: string,
  host: string,
  port: uint16,
  securityProtocol: oneOf(securityProtocols),
})

export const featureRanges = array({ name: string, minVersion: int16, maxVersion: int16 })

/** The arguments of a method that takes one. */
export function only<Out>(type: Type<Out, Out>): Type<[argument: Out]> {
  return mapped(
    type,
    (argument) => [argument],
    ([argument]) => argument,
  )
}

/** The answer of a method that gives none. */
export const nothing: Type<void> = mapped(
  struct({}),
  () => undefined,
  () => ({}),
)

/** The arguments of a method that takes none. */
export const noArguments: Type<[]> = mapped(
  struct({}),
  () => [],
  () => ({}),
)

export const brokerIds = array(int32)
