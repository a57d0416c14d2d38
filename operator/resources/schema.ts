// The notation that Samsa's Kubernetes resources are declared in. A declaration is a value: the
// TypeScript type is inferred from it, and the CRD's OpenAPI schema and the reference page are
// generated from it (openapi.ts, reference.ts). Owns no knowledge of any one resource.

/** A rule of admission in CEL: the API server refuses what does not satisfy it, with `message`. */
export interface Rule {
  readonly cel: string
  readonly message: string
}

interface Common {
  readonly description?: string
  readonly rules?: readonly Rule[]
}

export interface StringSchema extends Common {
  readonly type: 'string'
  readonly values?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  /** Kubernetes' own forms: a date and time, or a quantity such as 10Gi. */
  readonly format?: 'date-time' | 'quantity'
  readonly default?: string
}

export interface IntegerSchema extends Common {
  readonly type: 'integer'
  readonly minimum?: number
  readonly maximum?: number
  readonly bits?: 32 | 64
  readonly default?: number
}

export interface BooleanSchema extends Common {
  readonly type: 'boolean'
  readonly default?: boolean
}

export interface ListSchema<S extends Schema = Schema> extends Common {
  readonly type: 'list'
  readonly items: S
  readonly minItems?: number
  readonly maxItems: number
  /** `set`: no value twice. Otherwise the field whose value tells the items apart. */
  readonly identity?: 'set' | { readonly key: string }
}

/** String keys; `values` says what they lead to. */
export interface MapSchema<S extends Schema = Schema> extends Common {
  readonly type: 'map'
  readonly values: S
  readonly maxEntries: number
}

export interface ObjectSchema<F extends Fields = Fields> extends Common {
  readonly type: 'object'
  readonly fields: F
}

/** A config value as people write it: 2, "2" or some text. */
export interface IntOrStringSchema extends Common {
  readonly type: 'intOrString'
}

/** Kubernetes' own schema of that place applies, and is checked where it is used. */
export interface OpaqueSchema extends Common {
  readonly type: 'opaque'
}

export type Schema =
  | StringSchema
  | IntegerSchema
  | BooleanSchema
  | ListSchema
  | MapSchema
  | ObjectSchema
  | IntOrStringSchema
  | OpaqueSchema

/** Marks a field that must be given. */
export interface Required<S extends Schema = Schema> {
  readonly required: S
}

export type Field = Schema | Required
export type Fields = Readonly<Record<string, Field>>

type Simplify<T> = { [K in keyof T]: T[K] }

type RequiredNames<F extends Fields> = {
  [K in keyof F]: F[K] extends Required
    ? K
    : F[K] extends { readonly default: infer D }
      ? undefined extends D
        ? never
        : K
      : never
}[keyof F]

type FieldType<F extends Field> =
  F extends Required<infer S> ? Infer<S> : F extends Schema ? Infer<F> : never

/**
 * The type of what satisfies a schema, as the API server hands it out: with defaults filled in.
 */
export type Infer<S extends Schema> = S extends StringSchema
  ? S extends { readonly values: readonly (infer V)[] }
    ? V
    : string
  : S extends IntegerSchema
    ? number
    : S extends BooleanSchema
      ? boolean
      : S extends IntOrStringSchema
        ? number | string
        : S extends OpaqueSchema
          ? Readonly<Record<string, unknown>>
          : S extends ListSchema<infer I>
            ? readonly Infer<I>[]
            : S extends MapSchema<infer V>
              ? Readonly<Record<string, Infer<V>>>
              : S extends ObjectSchema<infer F>
                ? Simplify<
                    { readonly [K in RequiredNames<F>]: FieldType<F[K]> } & {
                      readonly [K in Exclude<keyof F, RequiredNames<F>>]?: FieldType<F[K]>
                    }
                  >
                : never

export function required<const S extends Schema>(schema: S): Required<S> {
  return { required: schema }
}

export function isRequired(field: Field): field is Required {
  return 'required' in field
}

export function schemaOf(field: Field): Schema {
  return isRequired(field) ? field.required : field
}

export function text<const O extends Omit<StringSchema, 'type'>>(
  options: O,
): O & { readonly type: 'string' } {
  return { type: 'string', ...options }
}

export function oneOf<
  const V extends readonly string[],
  const O extends Common & { default?: string },
>(values: V, options: O): O & { readonly type: 'string'; readonly values: V } {
  return { type: 'string', values, ...options }
}

export function integer<const O extends Omit<IntegerSchema, 'type'>>(
  options: O,
): O & { readonly type: 'integer' } {
  return { type: 'integer', ...options }
}

export function flag<const O extends Omit<BooleanSchema, 'type'>>(
  options: O,
): O & { readonly type: 'boolean' } {
  return { type: 'boolean', ...options }
}

export function list<const S extends Schema>(
  items: S,
  options: Omit<ListSchema, 'type' | 'items'>,
): ListSchema<S> {
  return { type: 'list', items, ...options }
}

export function map<const S extends Schema>(
  values: S,
  options: Omit<MapSchema, 'type' | 'values'>,
): MapSchema<S> {
  return { type: 'map', values, ...options }
}

export function object<const F extends Fields>(fields: F, options: Common = {}): ObjectSchema<F> {
  return { type: 'object', fields, ...options }
}

export function intOrString(options: Common = {}): IntOrStringSchema {
  return { type: 'intOrString', ...options }
}

export function opaque(options: Common = {}): OpaqueSchema {
  return { type: 'opaque', ...options }
}
