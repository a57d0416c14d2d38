// What one config key is: its name, type, default, check, and what it does here. The tables in
// tables/ are written in this notation; everything else about configuration is read from them.

import type { Check } from './checks.ts'
import { type ConfigType, type ConfigValue, formatValue, parseValue } from './value.ts'

export type Importance = 'high' | 'medium' | 'low'

/**
 * Who may change a broker config while the broker runs: nobody, one broker for itself, or the whole
 * cluster too.
 */
export type DynamicMode = 'read-only' | 'per-broker' | 'cluster-wide'

/**
 * What a key does here. `effective`: what Kafka says. `accepted`: nothing; a file that sets it gets
 * a warning. `refused`: nothing, and running without it would be less safe than the file asks for,
 * so another value than the default stops the start.
 */
export type Effect = 'effective' | 'accepted' | 'refused'

export interface ConfigDefinition {
  readonly name: string
  readonly type: ConfigType
  /** Undefined when the key must be given. */
  readonly default: ConfigValue | undefined
  readonly importance: Importance
  readonly check: Check | undefined
  readonly dynamic: DynamicMode
  readonly effect: Effect
  /** Kafka hides it from DescribeConfigs. */
  readonly internal: boolean
  readonly doc: string
}

interface Facts {
  readonly check?: Check
  readonly dynamic?: DynamicMode
  readonly internal?: true
}

/** Everything but name, type, default and importance; the doc stands under the key's effect. */
type Traits = Facts &
  ({ readonly effective: string } | { readonly accepted: string } | { readonly refused: string })

/** The default of a key that has none. */
export const required = undefined

type Default<T> = T | null | typeof required

function builder<T extends ConfigValue>(type: ConfigType) {
  return (
    name: string,
    defaultValue: Default<T>,
    importance: Importance,
    traits: Traits,
  ): ConfigDefinition => ({
    name,
    type,
    default: defaultValue,
    importance,
    check: traits.check,
    dynamic: traits.dynamic ?? 'read-only',
    internal: traits.internal ?? false,
    ...effectOf(traits),
  })
}

function effectOf(traits: Traits): { effect: Effect; doc: string } {
  if ('effective' in traits) return { effect: 'effective', doc: traits.effective }
  if ('accepted' in traits) return { effect: 'accepted', doc: traits.accepted }
  return { effect: 'refused', doc: traits.refused }
}

export const flag = builder<boolean>('boolean')
export const string = builder<string>('string')
export const int = builder<number>('int')
export const short = builder<number>('short')
export const long = builder<number | bigint>('long')
export const double = builder<number>('double')
export const list = builder<readonly string[]>('list')
/** A Java class name: kept as text, never loaded. */
export const className = builder<string>('class')
export const password = builder<string>('password')

/** Kafka's Long.MAX_VALUE: for "no limit". */
export const longMax = 9_223_372_036_854_775_807n
export const intMax = 2_147_483_647

/** The typed value of a text; throws a ConfigError in Kafka's words. */
export function parseConfig(definition: ConfigDefinition, text: string): ConfigValue {
  const value = parseValue(definition.name, definition.type, text)
  return definition.check === undefined ? value : definition.check.apply(definition.name, value)
}

export function formatConfig(definition: ConfigDefinition, value: ConfigValue): string | null {
  return formatValue(definition.type, value)
}

/** Kafka's text of the default; null when there is none. */
export function defaultText(definition: ConfigDefinition): string | null {
  return formatConfig(definition, definition.default ?? null)
}

/** Definitions by name, in the order of the tables; the index is made on the first look-up. */
export class ConfigTable {
  readonly definitions: readonly ConfigDefinition[]
  #byName: Map<string, ConfigDefinition> | undefined

  constructor(definitions: readonly ConfigDefinition[]) {
    this.definitions = definitions
  }

  get(name: string): ConfigDefinition | undefined {
    this.#byName ??= new Map(this.definitions.map((definition) => [definition.name, definition]))
    return this.#byName.get(name)
  }

  /** For names that the code itself holds: a missing one is a bug. */
  expect(name: string): ConfigDefinition {
    const definition = this.get(name)
    if (definition === undefined) throw new Error(`no config ${name} in the table`)
    return definition
  }
}
