// Where a broker's settings come from, strongest first: set on this broker while it ran, set for
// the whole cluster, written in its file, Kafka's defaults. Holds text as it was written and reads
// typed values from it.

import { brokerConfigs, brokerDefinition } from './broker-configs.ts'
import { type ConfigDefinition, parseConfig } from './definition.ts'
import { ConfigError, type ConfigValue } from './value.ts'

export type Overrides = ReadonlyMap<string, string>

export interface ConfigLayers {
  /** Resource `broker` with this node's id. */
  readonly dynamicBroker: Overrides
  /** Resource `broker` with the name ''. */
  readonly dynamicDefault: Overrides
  /** The file and the command line. */
  readonly file: Overrides
}

const none: Overrides = new Map()

export function fileLayer(file: Overrides): ConfigLayers {
  return { dynamicBroker: none, dynamicDefault: none, file }
}

/** The text that counts for a key; undefined when it is at its default. */
export function layeredText(layers: ConfigLayers, name: string): string | undefined {
  return layers.dynamicBroker.get(name) ?? layers.dynamicDefault.get(name) ?? layers.file.get(name)
}

/** Typed values of the plain broker keys; synonyms are the business of who asks. */
export class BrokerValues {
  readonly layers: ConfigLayers

  constructor(layers: ConfigLayers) {
    this.layers = layers
  }

  get(name: string): ConfigValue {
    return this.read(brokerConfigs.expect(name))
  }

  /** Of any key that has a definition, listener keys included. */
  read(definition: ConfigDefinition, name = definition.name): ConfigValue {
    const text = layeredText(this.layers, name)
    if (text !== undefined) return parseConfig(definition, text)
    if (definition.default !== undefined) return definition.default
    throw new ConfigError(
      `Missing required configuration "${definition.name}" which has no default value.`,
    )
  }

  isSet(name: string): boolean {
    return layeredText(this.layers, name) !== undefined
  }

  flag(name: string): boolean {
    return this.get(name) === true
  }

  string(name: string): string | null {
    const value = this.get(name)
    return value === null ? null : String(value)
  }

  list(name: string): readonly string[] {
    const value = this.get(name)
    return value !== null && typeof value === 'object' ? value : []
  }

  number(name: string): number {
    return toNumber(this.get(name)) ?? 0
  }

  numberOrNull(name: string): number | null {
    return toNumber(this.get(name))
  }
}

/**
 * A long as a plain number for the code that uses it. Past 2^53 it stops at the largest exact
 * integer: nobody can tell 285 616 years from Kafka's "no limit" of 292 million.
 */
export function toNumber(value: ConfigValue): number | null {
  if (value === null) return null
  if (typeof value !== 'bigint') return Number(value)
  return value > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
}

/**
 * The dynamic settings that can be used: what is unknown, may not change on a running broker, or no
 * longer parses is left out, since a bad record in the metadata log must not keep a node from
 * starting.
 */
export function usableDynamic(overrides: Overrides): { usable: Overrides; dropped: string[] } {
  const usable = new Map<string, string>()
  const dropped: string[] = []
  for (const [name, text] of overrides) {
    const reason = unusable(name, text)
    if (reason === undefined) usable.set(name, text)
    else dropped.push(`${name} is ignored: ${reason}`)
  }
  return { usable, dropped }
}

function unusable(name: string, text: string): string | undefined {
  const definition = brokerDefinition(name)
  if (definition === undefined) return 'no such config'
  if (definition.dynamic === 'read-only') return 'it cannot change on a running broker'
  try {
    parseConfig(definition, text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return undefined
}
