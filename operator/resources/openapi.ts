// A declared schema as the structural OpenAPI v3 schema that a CustomResourceDefinition carries.
// Pure. Bounds of lists, maps and strings are always written: the API server estimates the cost of
// CEL rules from them and refuses a definition whose rules could become too dear.

import {
  type Fields,
  isRequired,
  type ObjectSchema,
  type Rule,
  type Schema,
  schemaOf,
} from './schema.ts'

export type OpenApi = Readonly<Record<string, unknown>>

/** Long enough for any name of Kubernetes; what is longer says so. */
const textLengthMax = 253

export function openApi(schema: Schema): OpenApi {
  return { ...bodyOf(schema), ...described(schema), ...validations(schema.rules) }
}

function bodyOf(schema: Schema): OpenApi {
  switch (schema.type) {
    case 'string':
      if (schema.format === 'quantity') return quantity
      return {
        type: 'string',
        ...(schema.values === undefined
          ? { maxLength: schema.maxLength ?? textLengthMax }
          : { enum: schema.values }),
        ...(schema.format !== undefined && { format: schema.format }),
        ...(schema.minLength !== undefined && { minLength: schema.minLength }),
        ...(schema.pattern !== undefined && { pattern: schema.pattern }),
        ...(schema.default !== undefined && { default: schema.default }),
      }
    case 'integer':
      return {
        type: 'integer',
        format: schema.bits === 64 ? 'int64' : 'int32',
        ...(schema.minimum !== undefined && { minimum: schema.minimum }),
        ...(schema.maximum !== undefined && { maximum: schema.maximum }),
        ...(schema.default !== undefined && { default: schema.default }),
      }
    case 'boolean':
      return {
        type: 'boolean',
        ...(schema.default !== undefined && { default: schema.default }),
      }
    case 'intOrString':
      return {
        anyOf: [{ type: 'integer' }, { type: 'string' }],
        'x-kubernetes-int-or-string': true,
      }
    case 'opaque':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    case 'list':
      return {
        type: 'array',
        items: openApi(schema.items),
        maxItems: schema.maxItems,
        ...(schema.minItems !== undefined && { minItems: schema.minItems }),
        ...listKind(schema.identity),
      }
    case 'map':
      return {
        type: 'object',
        additionalProperties: openApi(schema.values),
        maxProperties: schema.maxEntries,
      }
    case 'object':
      return objectBody(schema)
    default:
      throw new Error(`no such schema: ${JSON.stringify(schema satisfies never)}`)
  }
}

/**
 * A string of bounded length: rules compare quantities, and the cost of that is counted by length.
 */
const quantity: OpenApi = {
  type: 'string',
  maxLength: 20,
  pattern: '^[0-9]+(\\.[0-9]+)?([KMGTPE]i?)?$',
}

function objectBody({ fields }: ObjectSchema): OpenApi {
  const names = requiredNames(fields)
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, openApi(schemaOf(field))]),
  )
  return { type: 'object', properties, ...(names.length > 0 && { required: names }) }
}

function requiredNames(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => (isRequired(field) ? [name] : []))
}

function listKind(identity: 'set' | { readonly key: string } | undefined): OpenApi {
  if (identity === undefined) return { 'x-kubernetes-list-type': 'atomic' }
  if (identity === 'set') return { 'x-kubernetes-list-type': 'set' }
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [identity.key] }
}

function described({ description }: Schema): OpenApi {
  return description === undefined ? {} : { description }
}

function validations(rules: readonly Rule[] | undefined): OpenApi {
  if (rules === undefined || rules.length === 0) return {}
  return { 'x-kubernetes-validations': rules.map(({ cel, message }) => ({ rule: cel, message })) }
}
