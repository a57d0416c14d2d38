// Fills in what a resource's schema gives where nothing is said, as the API server does at
// admission.

import { type Schema, schemaOf } from '../../../operator/resources/schema.ts'

export function withDefaults(schema: Schema, value: unknown): unknown {
  if (value === undefined || value === null) return 'default' in schema ? schema.default : undefined
  if (schema.type === 'list' && Array.isArray(value)) {
    return value.map((item) => withDefaults(schema.items, item))
  }
  if (schema.type === 'map') {
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, one]) => [key, withDefaults(schema.values, one)]))
  }
  if (schema.type !== 'object') return value
  const given = value as Record<string, unknown>
  const filled: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.fields)) {
    const one = withDefaults(schemaOf(field), given[name])
    if (one !== undefined) filled[name] = one
  }
  return filled
}
