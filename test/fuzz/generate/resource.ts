// Makes values of the schemas that our Kubernetes resources are declared in, extremes among them,
// and tells whether a value follows its schema, as the API server does: nothing else gets past it.

import {
  isRequired,
  type ObjectSchema,
  type Schema,
  type StringSchema,
  schemaOf,
} from '../../../operator/resources/schema.ts'
import type { Random } from '../../simulation/shared/random.ts'

const texts = [
  'a',
  'b',
  'plain',
  'tls',
  '10Gi',
  '1',
  '-1',
  '',
  '*',
  '__proto__',
  '0 3 * * *',
  'x='.repeat(99),
]
const quantities = ['10Gi', '1', '0', '1e3', '0.5', '1Ti', '500m']
const times = ['2026-11-22T00:00:00Z']
const names = ['retention.ms', 'num.io.threads', 'node.id', 'listeners', '__proto__', 'a\nb', 'x.y']
/** Deeper than any resource is; an opaque part may hold anything. */
const partsMax = 400
const replicasMax = 7

export function anyOf(schema: Schema, random: Random): unknown {
  return make(schema, { random, left: { parts: partsMax } })
}

interface Source {
  readonly random: Random
  readonly left: { parts: number }
}

function make(schema: Schema, source: Source): unknown {
  const { random, left } = source
  left.parts--
  switch (schema.type) {
    case 'string':
      return textOf(schema, random)
    case 'integer': {
      const { minimum = -(2 ** 31), maximum = 2 ** 31 - 1 } = schema
      const few = Math.min(maximum, Math.max(minimum, random.integer(0, 6)))
      return random.chance(0.85) ? few : random.pick([minimum, maximum])
    }
    case 'boolean':
      return random.chance(0.5)
    case 'list': {
      const { minItems = 0, maxItems, items } = schema
      const wanted = left.parts < 0 ? minItems : random.integer(minItems, minItems + 3)
      return Array.from({ length: Math.min(maxItems, wanted) }, () => make(items, source))
    }
    case 'map': {
      const count = random.integer(0, Math.min(schema.maxEntries, 3))
      const keys = random.some(names).slice(0, count)
      return Object.fromEntries(keys.map((key) => [key, make(schema.values, source)]))
    }
    case 'object':
      return fieldsOf(schema, source)
    case 'intOrString':
      return random.chance(0.5) ? random.pick([0, 1, -1, 2 ** 31]) : random.pick(texts)
    case 'opaque':
      return random.pick<unknown>([{}, { a: { b: [] } }, { metadata: { labels: { a: 'b' } } }])
    default:
      schema satisfies never
      return undefined
  }
}

function fieldsOf(schema: ObjectSchema, source: Source): object {
  const made: [string, unknown][] = []
  for (const [name, field] of Object.entries(schema.fields)) {
    if (isRequired(field) || source.random.chance(0.5))
      made.push([name, bounded(name, make(schemaOf(field), source))])
  }
  return Object.fromEntries(made)
}

/** Hundreds of nodes are allowed, and hundreds of pods for a fake API server to make. */
function bounded(name: string, value: unknown): unknown {
  return name === 'replicas' ? Math.min(Number(value), replicasMax) : value
}

function textOf(schema: StringSchema, random: Random): string {
  if (schema.values !== undefined) return random.pick(schema.values)
  const fitting = [...texts, ...quantities, ...times].filter((text) => follows(schema, text))
  return fitting.length === 0 ? 'a' : random.pick(fitting)
}

/** Whether the API server would take it, but for rules in CEL. */
export function follows(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && isTextOf(schema, value)
    case 'integer': {
      const { minimum = -(2 ** 31), maximum = 2 ** 31 - 1 } = schema
      return Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
    }
    case 'boolean':
      return typeof value === 'boolean'
    case 'list': {
      if (!Array.isArray(value) || value.length < (schema.minItems ?? 0)) return false
      return value.length <= schema.maxItems && value.every((item) => follows(schema.items, item))
    }
    case 'map':
      return isObject(value) && Object.values(value).every((item) => follows(schema.values, item))
    case 'object':
      return isObject(value) && hasFields(schema, value)
    case 'intOrString':
      return typeof value === 'string' || Number.isInteger(value)
    case 'opaque':
      return isObject(value)
    default:
      schema satisfies never
      return false
  }
}

function isTextOf(schema: StringSchema, text: string): boolean {
  const { values, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, format } = schema
  if (values !== undefined) return values.includes(text)
  if (format === 'quantity' && !quantities.includes(text)) return false
  if (format === 'date-time' && !times.includes(text)) return false
  if (text.length < minLength || text.length > maxLength) return false
  return pattern === undefined || new RegExp(pattern).test(text)
}

function hasFields({ fields }: ObjectSchema, value: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([name, field]) => {
    const given = value[name]
    return given === undefined ? !isRequired(field) : follows(schemaOf(field), given)
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
