// The codec of a struct for one version: which fields that version carries, in order, then the tagged ones.
// Fields absent from the version decode to their defaults, so that no caller asks which version it is in.

import { isDeepStrictEqual } from 'node:util'
import { EncodeError } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Codec, Field, Type, VersionContext } from './types.ts'
import { Writer } from './writer.ts'

export type FieldMap = {
  readonly [name: string]: Type<unknown, never> | Field<unknown, never, true>
}

interface Slot {
  readonly name: string
  readonly default: unknown
  readonly required: boolean
  readonly ignorable: boolean
  readonly tag: number
  readonly codec: Codec<unknown, unknown>
}

type Struct = Record<string, unknown>

/** Fields of one version, sorted into those in line, those behind tags, and those it lacks. */
function layout(fields: FieldMap, context: VersionContext) {
  const inline: Slot[] = []
  const tagged: Slot[] = []
  const absent: Slot[] = []
  for (const [name, entry] of Object.entries(fields)) {
    const isField = 'field' in entry
    const type = isField ? entry.type : entry
    const slot: Slot = {
      name,
      default: isField ? entry.default : entry.zero,
      required: !isField,
      ignorable: isField && entry.ignorable,
      tag: isField && entry.tag !== undefined ? entry.tag : -1,
      codec: type.codec(context),
    }
    if (isField && (context.version < entry.since || context.version > entry.until)) {
      absent.push(slot)
    } else if (isField && entry.tag !== undefined && context.version >= entry.taggedSince) {
      if (context.flexible) tagged.push(slot)
      else absent.push(slot)
    } else {
      inline.push(slot)
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  return { inline, tagged, absent }
}

function isDefault(value: unknown, byDefault: unknown): boolean {
  if (value === undefined || value === byDefault) return true
  return typeof value === 'object' && isDeepStrictEqual(value, byDefault)
}

/** A fresh copy of a default, so that no two decoded messages share a mutable one. */
function fresh(value: unknown): unknown {
  return Array.isArray(value) ? [] : value
}

function readTagged(reader: Reader, slots: readonly Slot[], into: Struct): void {
  const count = reader.unsignedVarint()
  if (count === 0) return
  reader.spendElements(count)
  let previousTag = -1
  for (let index = 0; index < count; index++) {
    const tag = reader.unsignedVarint()
    if (tag <= previousTag) reader.fail('tagged fields out of order')
    previousTag = tag
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
  const present = slots.filter((slot) => !isDefault(from[slot.name], slot.default))
  writer.unsignedVarint(present.length)
  for (const slot of present) {
    const inner = new Writer()
    slot.codec.write(inner, from[slot.name])
    writer.unsignedVarint(slot.tag)
    writer.unsignedVarint(inner.size)
    for (const chunk of inner.finish()) writer.bytes(chunk)
  }
}

export function structCodec(fields: FieldMap, context: VersionContext): Codec<Struct, Struct> {
  const { inline, tagged, absent } = layout(fields, context)
  const withDefaults = [...absent, ...tagged]
  return {
    read(reader) {
      const value: Struct = {}
      for (const slot of inline) value[slot.name] = slot.codec.read(reader)
      for (const slot of withDefaults) value[slot.name] = fresh(slot.default)
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
      for (const slot of absent) {
        if (!slot.ignorable && !isDefault(value[slot.name], slot.default)) {
          throw new EncodeError(`field ${slot.name} cannot be said in version ${context.version}`)
        }
      }
      if (context.flexible) writeTagged(writer, tagged, value)
    },
  }
}
