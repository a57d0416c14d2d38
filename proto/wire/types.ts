// The notation that message schemas are written in: a type per wire type, and what a field may
// add to it (versions, default, tag). A type is data plus a way to make its codec for one
// version; static types follow from it by Infer. Nothing here knows any particular message.

import { EncodeError } from './errors.ts'
import type { Reader } from './reader.ts'
import { type FieldMap, structCodec, structZero } from './struct.ts'
import type { Writer } from './writer.ts'

/** How one type is read and written in one version. */
export interface Codec<Out, In = Out> {
  /** The fewest bytes that a value takes, by which a claimed element count is checked. */
  readonly bytesMin: number
  read(reader: Reader): Out
  write(writer: Writer, value: In): void
}

export interface VersionContext {
  readonly version: number
  readonly flexible: boolean
}

/**
 * A wire type: `Out` is what decoding gives, `In` what encoding takes (defaults may be left out).
 */
export interface Type<Out, In = Out> {
  /**
   * The value a field of this type has in versions that lack it, unless the field names another.
   * An object is a new one each time, since whoever decoded a message may change it.
   */
  readonly zero: Out
  codec(context: VersionContext): Codec<Out, In>
}

/** A type in a message: the versions that carry it, its default, its tag. */
export interface Field<Out, In> {
  readonly field: true
  readonly type: Type<Out, In>
  readonly default: Out
  readonly since: number
  readonly until: number
  /**
   * Whether versions that lack the field drop a value that is not the default; else they refuse.
   */
  readonly ignorable: boolean
  readonly tag: number | undefined
}

export interface FieldOptions<Out> {
  /** First and last version that has the field; all of them by default. */
  since?: number
  until?: number
  default?: Out
  ignorable?: boolean
}

function primitive<T>(bytesMin: number, zero: T, codec: Omit<Codec<T>, 'bytesMin'>): Type<T> {
  const made = { bytesMin, ...codec }
  return { zero, codec: () => made }
}

export const boolean = primitive(1, false, {
  read: (r) => r.boolean(),
  write: (w, v) => w.boolean(v),
})
export const int8 = primitive(1, 0, { read: (r) => r.int8(), write: (w, v) => w.int8(v) })
export const int16 = primitive(2, 0, { read: (r) => r.int16(), write: (w, v) => w.int16(v) })
export const uint16 = primitive(2, 0, { read: (r) => r.uint16(), write: (w, v) => w.uint16(v) })
export const int32 = primitive(4, 0, { read: (r) => r.int32(), write: (w, v) => w.int32(v) })
export const uint32 = primitive(4, 0, { read: (r) => r.uint32(), write: (w, v) => w.uint32(v) })
export const float64 = primitive(8, 0, { read: (r) => r.float64(), write: (w, v) => w.float64(v) })
/**
 * A 64-bit integer held as a number: offsets, epochs, sizes, times. Past 2^53 it does not decode.
 */
export const int64 = primitive(8, 0, { read: (r) => r.int64(), write: (w, v) => w.int64(v) })
/**
 * A 64-bit integer where clients may ask for "as far as there is", such as an offset to seek to.
 * What a number cannot hold exactly decodes to the nearest that is exact, since both lie past any
 * log.
 */
export const saturatedInt64 = primitive(8, 0, {
  read: (r) => r.saturatedInt64(),
  write: (w, v) => w.int64(v),
})
/** A 64-bit integer of the full range, for the few fields where clients send extremes. */
export const bigint64 = primitive(8, 0n, {
  read: (r) => r.bigint64(),
  write: (w, v) => w.bigint64(v),
})

export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** A UUID as Kafka prints it: 22 characters of URL-safe base64. */
export const uuid = primitive(16, zeroUuid, { read: (r) => r.uuid(), write: (w, v) => w.uuid(v) })

/** Makes a codec that takes null on the wire and in memory, or one that refuses it both ways. */
type NullableCodec<Out, In> = (
  context: VersionContext,
  allowNull: boolean,
) => Codec<Out | null, In | null>

/** A type that the wire has a null for, which `nullable` lets through. */
interface NullableType<Out, In> extends Type<Out, In> {
  readonly whenNull: (context: VersionContext) => Codec<Out | null, In | null>
}

function withNull<Out, In>(zero: Out, make: NullableCodec<Out, In>): NullableType<Out, In> {
  return {
    zero,
    codec: (context) => make(context, false) as Codec<Out, In>,
    whenNull: (context) => make(context, true),
  }
}

function readNull(reader: Reader, allowNull: boolean): null {
  return allowNull ? null : reader.fail('null where none is allowed')
}

/** The length that stands for null. */
function lengthOfNull(allowNull: boolean): -1 {
  if (!allowNull) throw new EncodeError('null where none is allowed')
  return -1
}

function stringCodec(compact: boolean, allowNull: boolean): Codec<string | null> {
  return {
    bytesMin: compact ? 1 : 2,
    read(reader) {
      const length = reader.stringLength(compact)
      return length < 0 ? readNull(reader, allowNull) : reader.text(length)
    },
    write(writer, value) {
      if (value === null) return writer.stringLength(lengthOfNull(allowNull), compact)
      const byteLength = Buffer.byteLength(value)
      writer.stringLength(byteLength, compact)
      writer.text(value, byteLength)
    },
  }
}

function bytesCodec(compact: boolean, allowNull: boolean): Codec<Buffer | null> {
  return {
    bytesMin: compact ? 1 : 4,
    read(reader) {
      const length = reader.bytesLength(compact)
      return length < 0 ? readNull(reader, allowNull) : reader.bytes(length)
    },
    write(writer, value) {
      if (value === null) return writer.length(lengthOfNull(allowNull), compact)
      writer.length(value.length, compact)
      writer.bytes(value)
    },
  }
}

function arrayCodec<Out, In>(
  element: Codec<Out, In>,
  compact: boolean,
  allowNull: boolean,
): Codec<Out[] | null, readonly In[] | null> {
  return {
    bytesMin: compact ? 1 : 4,
    read(reader) {
      const count = reader.arrayLength(compact, element.bytesMin)
      if (count < 0) return readNull(reader, allowNull)
      const values: Out[] = []
      for (let index = 0; index < count; index++) values.push(element.read(reader))
      return values
    },
    write(writer, values) {
      if (values === null) return writer.length(lengthOfNull(allowNull), compact)
      writer.length(values.length, compact)
      for (const value of values) element.write(writer, value)
    },
  }
}

export const string = withNull<string, string>('', ({ flexible }, allowNull) =>
  stringCodec(flexible, allowNull),
)
/** A string that keeps its int16 length in flexible versions too, as the client id of a header. */
export const shortString = withNull<string, string>('', (_, allowNull) =>
  stringCodec(false, allowNull),
)
export const bytes = withNull<Buffer, Buffer>(Buffer.alloc(0), ({ flexible }, allowNull) =>
  bytesCodec(flexible, allowNull),
)
/** Record batches as they are: opaque to the codec. */
export const records = bytes

type TypeOrShape = Type<unknown, never> | FieldMap
type OutOf<T> = T extends Type<infer Out, never> ? Out : T extends FieldMap ? Infer<T> : never
type InOf<T> = T extends { codec(context: VersionContext): Codec<infer _Out, infer In> }
  ? In
  : T extends FieldMap
    ? InferInput<T>
    : never

function isType(value: TypeOrShape): value is Type<unknown, never> {
  return typeof (value as { codec?: unknown }).codec === 'function'
}

/** An array of a type, or of a struct given as its fields. */
export function array<const T extends TypeOrShape>(
  element: T,
): NullableType<OutOf<T>[], readonly InOf<T>[]> {
  const type = (isType(element) ? element : struct(element)) as Type<OutOf<T>, InOf<T>>
  const make: NullableCodec<OutOf<T>[], readonly InOf<T>[]> = (context, allowNull) =>
    arrayCodec(type.codec(context), context.flexible, allowNull)
  return {
    ...withNull([], make),
    get zero() {
      return []
    },
  }
}

/** A struct inside a message. */
export function struct<const S extends FieldMap>(fields: S): NullableType<Infer<S>, InferInput<S>> {
  const plain = (context: VersionContext) =>
    structCodec(fields, context) as Codec<Infer<S>, InferInput<S>>
  const zero = structZero(fields)
  return {
    get zero() {
      return zero() as Infer<S>
    },
    codec: plain,
    whenNull(context) {
      const inner = plain(context)
      return {
        bytesMin: 1,
        // A nullable struct has a byte of its own in front: below 0 is null.
        read: (reader) => (reader.int8() < 0 ? null : inner.read(reader)),
        write(writer, value) {
          writer.int8(value === null ? -1 : 1)
          if (value !== null) inner.write(writer, value)
        },
      }
    },
  }
}

/** A struct of a tagged field that may be null: there its byte in front is 0 or 1. */
export function taggedStruct<const S extends FieldMap>(
  fields: S,
): NullableType<Infer<S>, InferInput<S>> {
  const plain = struct(fields)
  return {
    get zero() {
      return plain.zero
    },
    codec: (context) => plain.codec(context),
    whenNull(context) {
      const inner = plain.codec(context)
      return {
        bytesMin: 1,
        read: (reader) => (reader.int8() === 0 ? null : inner.read(reader)),
        write(writer, value) {
          writer.int8(value === null ? 0 : 1)
          if (value !== null) inner.write(writer, value)
        },
      }
    },
  }
}

/** A type that may be null from version `since` on; before it, null neither decodes nor encodes. */
export function nullable<Out, In>(
  type: NullableType<Out, In>,
  { since = 0 }: { since?: number } = {},
): Type<Out | null, In | null> {
  return {
    get zero() {
      return type.zero
    },
    codec: (context) => (context.version >= since ? type.whenNull(context) : type.codec(context)),
  }
}

/** A field that only some versions carry, or that may be left out for its default. */
export function field<Out, In>(
  type: Type<Out, In>,
  options: FieldOptions<Out> = {},
): Field<Out, In> {
  return {
    field: true,
    type,
    default: options.default === undefined ? type.zero : options.default,
    since: options.since ?? 0,
    until: options.until ?? Number.POSITIVE_INFINITY,
    ignorable: options.ignorable ?? false,
    tag: undefined,
  }
}

/** A tagged field (KIP-482): not written when it has its default. */
export function tagged<Out, In>(
  tag: number,
  type: Type<Out, In>,
  options: FieldOptions<Out> = {},
): Field<Out, In> {
  return { ...field(type, options), tag }
}

type DefaultedKeys<S> = {
  [K in keyof S]: S[K] extends { field: true } ? K : never
}[keyof S]

type EntryOut<E> = E extends { field: true; type: Type<infer Out, never> }
  ? Out
  : E extends Type<infer Out, never>
    ? Out
    : never
type EntryIn<E> = E extends { field: true; type: infer T } ? InOf<T> : InOf<E>

/** What decoding a struct gives: every field, absent ones with their defaults. */
export type Infer<S> = { -readonly [K in keyof S]: EntryOut<S[K]> }

/** What encoding a struct takes: fields that have a default may be left out. */
export type InferInput<S> = {
  readonly [K in Exclude<keyof S, DefaultedKeys<S>>]: EntryIn<S[K]>
} & {
  readonly [K in DefaultedKeys<S>]?: EntryIn<S[K]> | undefined
}
