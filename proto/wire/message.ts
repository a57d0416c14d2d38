// A message: a named struct with the range of versions it has and the first flexible one (KIP-482).
// Makes and keeps one codec a version, on first use, so that starting a node compiles none of them.

import { EncodeError } from './errors.ts'
import type { Reader } from './reader.ts'
import { type FieldMap, structCodec } from './struct.ts'
import type { Codec, Infer, InferInput } from './types.ts'
import type { Writer } from './writer.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface Message<Out, In> {
  readonly name: string
  readonly versions: VersionRange
  /** The first flexible version; past `versions.max` when none is. */
  readonly flexibleSince: number
  decode(reader: Reader, version: number): Out
  encode(writer: Writer, value: In, version: number): void
}

export type Decoded<M> = M extends Message<infer Out, never> ? Out : never
export type Encodable<M> = M extends { encode(w: Writer, value: infer In, v: number): void }
  ? In
  : never

export interface MessageOptions {
  readonly name: string
  /** As Kafka writes ranges: '0-5', or '3' for one version. */
  readonly versions: string
  /** '3+' or 'none'. */
  readonly flexible: string
}

export function versionRange(text: string): VersionRange {
  const [min, max] = text.split('-').map(Number)
  if (min === undefined || Number.isNaN(min)) throw new TypeError(`bad version range ${text}`)
  return { min, max: max ?? min }
}

export function message<const S extends FieldMap>(
  options: MessageOptions,
  fields: S,
): Message<Infer<S>, InferInput<S>> {
  const versions = versionRange(options.versions)
  const flexibleSince =
    options.flexible === 'none' ? Number.POSITIVE_INFINITY : Number.parseInt(options.flexible, 10)
  const codecs: Codec<Infer<S>, InferInput<S>>[] = []

  const compile = (version: number): Codec<Infer<S>, InferInput<S>> | undefined => {
    if (version < versions.min || version > versions.max) return undefined
    const flexible = version >= flexibleSince
    const made = structCodec(fields, { version, flexible }) as Codec<Infer<S>, InferInput<S>>
    codecs[version] = made
    return made
  }

  return {
    name: options.name,
    versions,
    flexibleSince,
    decode(reader, version) {
      const codec = codecs[version] ?? compile(version)
      return codec === undefined
        ? reader.fail(`${options.name} has no version ${version}`)
        : codec.read(reader)
    },
    encode(writer, value, version) {
      const codec = codecs[version] ?? compile(version)
      if (codec === undefined) throw new EncodeError(`${options.name} has no version ${version}`)
      codec.write(writer, value)
    },
  }
}
