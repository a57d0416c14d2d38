// The notation that message schemas are written in: a type per wire type, and what a field may add to it (versions,
// default, tag). A type is data plus a way to make its codec for one version; static types follow from it by Infer.
// Nothing here knows any particular message.

import { EncodeError } from './errors.ts'
import type { Reader } from './reader.ts'
import { type FieldMap, structCodec } from './struct.ts'
import type { Writer } from './writer.ts'

/** How one type is read and written in one version. */
export interface Codec<Out, In = Out> {
  read(reader: Reader): Out
  write(writer: Writer, value: In): void
}

export interface VersionContext {
  readonly version: number
  readonly flexible: boolean
}

/** A wire type: `Out` is what decoding gives, `In` what encoding takes (defaults may be left out). */
export interface Type<Out, In = Out> {
  /** The value a field of this type has in versions that lack it, unless the field names another. */
  readonly zero: Out
  codec(context: VersionContext): Codec<Out, In>
}

/** A type in a message: the versions that carry it, its default, its tag. */
export interface Field<Out, In, HasDefault extends boolean> {
  readonly field: true
  readonly hasDefault: HasDefault
  readonly type: Type<Out, In>
  readonly default: Out
  readonly since: number
  readonly until: number
  /** Whether a non-default value may be dropped in versions that lack the field; else encoding it fails. */
  readonly ignorable: boolean
  readonly tag: number | undefined
  readonly taggedSince: number
}

export interface FieldOptions<Out> {
  /** First and last version that has the field; all of them by default. */
  since?: number
  until?: number
  default?: Out
  ignorable?: boolean
}

function simple<T>(zero: T, codec: Codec<T>): Type<T> {
  return { zero, codec: () => codec }
}

export const boolean = simple(false, { read: (r) => r.boolean(), write: (w, v) => w.boolean(v) })
export const int8 = simple(0, { read: (r) => r.int8(), write: (w, v) => w.int8(v) })
export const int16 = simple(0, { read: (r) => r.int16(), write: (w, v) => w.int16(v) })
export const uint16 = simple(0, { read: (r) => r.uint16(), write: (w, v) => w.uint16(v) })
export const int32 = simple(0, { read: (r) => r.int32(), write: (w, v) => w.int32(v) })
export const uint32 = simple(0, { read: (r) => r.uint32(), write: (w, v) => w.uint32(v) })
export const float64 = simple(0, { read: (r) => r.float64(), write: (w, v) => w.float64(v) })
/** A 64-bit integer held as a number: offsets, epochs, sizes, times. Past 2^53 it does not decode. */
export const int64 = simple(0, { read: (r) => r.int64(), write: (w, v) => w.int64(v) })
/**
 * A 64-bit integer where clients may ask for "as far as there is", such as an offset to seek to: what
 * a number cannot hold exactly decodes to the nearest number that is exact, since both lie past any log.
 */
export const saturatedInt64 = simple(0, {
  read: (r) => r.saturatedInt64(),
  write: (w, v) => w.int64(v),
})
/** A 64-bit integer of the full range, for the few fields where clients send extremes. */
export const bigint64 = simple(0n, { read: (r) => r.bigint64(), write: (w, v) => w.bigint64(v) })

export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** A UUID as Kafka prints it: 22 characters of URL-safe base64. */
export const uuid = simple(zeroUuid, { read: (r) => r.uuid(), write: (w, v) => w.uuid(v) })

const noBytes = Buffer.alloc(0)

function nullableStringCodec(flexible: boolean): Codec<string | null> {
  return {
    read(reader) {
      const length = reader.stringLength(flexible)
      return length < 0 ? null : reader.text(length)
    },
    write(writer, value) {
      if (value === null) return writer.stringLength(-1, flexible)
      const byteLength = Buffer.byteLength(value)
      writer.stringLength(byteLength, flexible)
      writer.text(value, byteLength)
    },
  }
}

function nullableBytesCodec(flexible: boolean): Codec<Buffer | null> {
  return {
    read(reader) {
      const length = reader.bytesLength(flexible)
      return length < 0 ? null : reader.bytes(length)
    },
    write(writer, value) {
      writer.length(value === null ? -1 : value.length, flexible)
      if (value !== null) writer.bytes(value)
    },
  }
}

function nullableArrayCodec<Out, In>(
  element: Codec<Out, In>,
  flexible: boolean,
): Codec<Out[] | null, readonly In[] | null> {
  return {
    read(reader) {
      const count = reader.arrayLength(flexible)
      if (count < 0) return null
      const values: Out[] = []
      for (let index = 0; index < count; index++) values.push(element.read(reader))
      return values
    },
    write(writer, values) {
      writer.length(values === null ? -1 : values.length, flexible)
      if (values !== null) for (const value of values) element.write(writer, value)
    },
  }
}

/** A type with a null on the wire, and the same without: one codec, the second refusing null both ways. */
interface NullableType<Out, In> extends Type<Out, In> {
  readonly whenNull: (context: VersionContext) => Codec<Out | null, In | null>
}

function refusingNull<Out, In>(codec: Codec<Out | null, In | null>): Codec<Out, In> {
  return {
    read(reader) {
      const value = codec.read(reader)
      return value === null ? reader.fail('null where none is allowed') : value
    },
    write(writer, value) {
      if (value === null) throw new EncodeError('null where none is allowed')
      codec.write(writer, value)
    },
  }
}

function withNull<Out, In>(
  zero: Out,
  whenNull: (context: VersionContext) => Codec<Out | null, In | null>,
): NullableType<Out, In> {
  return { zero, whenNull, codec: (context) => refusingNull(whenNull(context)) }
}

export const string = withNull<string, string>('', ({ flexible }) => nullableStringCodec(flexible))
/** A string that keeps its int16 length in flexible versions too, as the client id of a header. */
export const shortString = withNull<string, string>('', () => nullableStringCodec(false))
export const bytes = withNull<Buffer, Buffer>(noBytes, ({ flexible }) =>
  nullableBytesCodec(flexible),
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
  return withNull<OutOf<T>[], readonly InOf<T>[]>([], (context) =>
    nullableArrayCodec(type.codec(context), context.flexible),
  )
}

/** A struct inside a message. */
export function struct<const S extends FieldMap>(fields: S): NullableType<Infer<S>, InferInput<S>> {
  const plain = (context: VersionContext) =>
    structCodec(fields, context) as Codec<Infer<S>, InferInput<S>>
  return {
    get zero() {
      return structZero(fields) as Infer<S>
    },
    codec: plain,
    whenNull(context) {
      const inner = plain(context)
      return {
        // A nullable struct has a byte of its own in front: -1 is null.
        read: (reader) => (reader.int8() < 0 ? null : inner.read(reader)),
        write(writer, value) {
          writer.int8(value === null ? -1 : 1)
          if (value !== null) inner.write(writer, value)
        },
      }
    },
  }
}

function structZero(fields: FieldMap): Record<string, unknown> {
  const zero: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(fields)) {
    zero[name] = 'field' in entry ? entry.default : entry.zero
  }
  return zero
}

/** A type that may be null, in versions from `since` on; before them null neither decodes nor encodes. */
export function nullable<Out, In>(
  type: NullableType<Out, In>,
  { since = 0 }: { since?: number } = {},
): Type<Out | null, In | null> {
  return {
    zero: type.zero,
    codec: (context) => (context.version >= since ? type.whenNull(context) : type.codec(context)),
  }
}

/** A field that only some versions carry, or that has a default of its own. */
export function field<Out, In>(
  type: Type<Out, In>,
  options: FieldOptions<Out> = {},
): Field<Out, In, true> {
  return {
    field: true,
    hasDefault: true,
    type,
    default: options.default ?? (options.default === null ? (null as Out) : type.zero),
    since: options.since ?? 0,
    until: options.until ?? Number.POSITIVE_INFINITY,
    ignorable: options.ignorable ?? false,
    tag: undefined,
    taggedSince: Number.POSITIVE_INFINITY,
  }
}

/** A tagged field (KIP-482): left out when it has its default. `taggedSince`: the version it became tagged in. */
export function tagged<Out, In>(
  tag: number,
  type: Type<Out, In>,
  options: FieldOptions<Out> & { taggedSince?: number } = {},
): Field<Out, In, true> {
  return {
    ...field(type, options),
    tag,
    taggedSince: options.taggedSince ?? options.since ?? 0,
  }
}

type DefaultedKeys<S> = {
  [K in keyof S]: S[K] extends Field<never, never, true> | { hasDefault: true } ? K : never
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
