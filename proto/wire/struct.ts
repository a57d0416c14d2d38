// The codec of a struct for one version: which fields that version carries, in order, then the
// tagged ones. Fields that the version lacks decode to their defaults, so that no caller asks
// which version it is in. Every decoded object has all fields of its schema, in one order per
// version.

import { EncodeError } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Codec, Field, Type, VersionContext } from './types.ts'
import { Writer } from './writer.ts'

type Entry = Type<unknown, never> | Field<unknown, never>

export type FieldMap = { readonly [name: string]: Entry }

/** A field by its name, and what stands for it where it is left out. */
interface Default {
  readonly name: string
  readonly type: Type<unknown, never>
  readonly default: unknown
  /** Objects among defaults are the zeros of their types, of which every struct gets its own. */
  readonly defaultIsObject: boolean
}

interface Slot extends Default {
  readonly required: boolean
  readonly ignorable: boolean
  readonly tag: number
  readonly codec: Codec<unknown, unknown>
}

type Struct = Record<string, unknown>

function defaultOf(name: string, entry: Entry): Default {
  const isField = 'field' in entry
  const byDefault = isField ? entry.default : entry.zero
  return {
    name,
    type: isField ? entry.type : entry,
    default: byDefault,
    defaultIsObject: typeof byDefault === 'object' && byDefault !== null,
  }
}

function setDefaults(into: Struct, defaults: readonly Default[]): void {
  for (const item of defaults) {
    into[item.name] = item.defaultIsObject ? item.type.zero : item.default
  }
}

/** Makes the zero of a struct: every field with its default. */
export function structZero(fields: FieldMap): () => Struct {
  let defaults: readonly Default[] | undefined
  return () => {
    defaults ??= Object.entries(fields).map(([name, entry]) => defaultOf(name, entry))
    const zero: Struct = {}
    setDefaults(zero, defaults)
    return zero
  }
}

function slotOf(name: string, entry: Entry, context: VersionContext): Slot {
  const isField = 'field' in entry
  const type = isField ? entry.type : entry
  return {
    ...defaultOf(name, entry),
    required: !isField,
    ignorable: isField && entry.ignorable,
    tag: isField && entry.tag !== undefined ? entry.tag : -1,
    codec: type.codec(context),
  }
}

/** Fields of one version, sorted into those in line, those behind tags, and those it lacks. */
function layout(fields: FieldMap, context: VersionContext) {
  const inline: Slot[] = []
  const tagged: Slot[] = []
  const absent: Slot[] = []
  for (const [name, entry] of Object.entries(fields)) {
    const slot = slotOf(name, entry, context)
    if (!('field' in entry)) {
      inline.push(slot)
    } else if (context.version < entry.since || context.version > entry.until) {
      absent.push(slot)
    } else if (entry.tag === undefined) {
      inline.push(slot)
    } else {
      ;(context.flexible ? tagged : absent).push(slot)
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  return { inline, tagged, absent }
}

/**
 * Whether a value says no more than the default does. A field left out of a struct has its
 * default.
 */
function isDefault(value: unknown, byDefault: unknown): boolean {
  if (value === undefined || value === byDefault) return true
  if (typeof value !== 'object' || value === null) return false
  if (typeof byDefault !== 'object' || byDefault === null) return false
  if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length === 0
  const struct = value as Struct
  return Object.entries(byDefault).every(([name, inner]) => isDefault(struct[name], inner))
}

function readTagged(reader: Reader, slots: readonly Slot[], into: Struct): void {
  const count = reader.unsignedVarint()
  if (count === 0) return
  reader.spendElements(count)
  for (let index = 0; index < count; index++) {
    const tag = reader.unsignedVarint()
    const size = reader.unsignedVarint()
    const end = reader.position + size
    if (size > reader.remaining) reader.fail(`tagged field of ${size} bytes`)
    const slot = slots.find((candidate) => candidate.tag === tag)
    if (slot === undefined) {
      reader.take(size)
      continue
    }
    into[slot.name] = slot.codec.read(reader)
    if (reader.position !== end) reader.fail(`tagged field ${slot.name} has another size`)
  }
}

function writeTagged(writer: Writer, slots: readonly Slot[], from: Struct): void {
  let count = 0
  for (const slot of slots) if (!isDefault(from[slot.name], slot.default)) count++
  writer.unsignedVarint(count)
  if (count === 0) return
  for (const slot of slots) {
    const value = from[slot.name]
    if (isDefault(value, slot.default)) continue
    const inner = new Writer()
    slot.codec.write(inner, value)
    writer.unsignedVarint(slot.tag)
    writer.unsignedVarint(inner.size)
    for (const chunk of inner.finish()) writer.bytes(chunk)
  }
}

export function structCodec(fields: FieldMap, context: VersionContext): Codec<Struct, Struct> {
  const { inline, tagged, absent } = layout(fields, context)
  const defaulted = [...absent, ...tagged]
  const strict = absent.filter((slot) => !slot.ignorable)
  const tagBytesMin = context.flexible ? 1 : 0
  return {
    bytesMin: inline.reduce((sum, slot) => sum + slot.codec.bytesMin, tagBytesMin),
    read(reader) {
      const value: Struct = {}
      for (const slot of inline) value[slot.name] = slot.codec.read(reader)
      setDefaults(value, defaulted)
      if (context.flexible) readTagged(reader, tagged, value)
      return value
    },
    write(writer, value) {
      for (const slot of inline) {
        const given = value[slot.name]
        if (given === undefined && slot.required) {
          throw new EncodeError(`field ${slot.name} is missing`)
        }
        slot.codec.write(writer, given === undefined ? slot.default : given)
      }
      for (const slot of strict) {
        if (!isDefault(value[slot.name], slot.default)) {
          throw new EncodeError(`field ${slot.name} cannot be said in version ${context.version}`)
        }
      }
      if (context.flexible) writeTagged(writer, tagged, value)
    },
  }
}
