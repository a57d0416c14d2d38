// The rows of DescribeConfigs (API 32): every config of a resource with its value, where that comes
// from, and what would count if it were not set. Secrets never leave: their value is null. The
// handler picks keys, and drops synonyms and docs that were not asked for.

import type { BrokerConfig } from './broker-config.ts'
import {
  brokerConfigs,
  brokerDefinition,
  brokerSynonyms,
  dynamicOnlyConfigs,
  listenerBaseName,
} from './broker-configs.ts'
import { type ConfigDefinition, defaultText, formatConfig } from './definition.ts'
import {
  clientMetricsConfigs,
  groupConfigs,
  groupServerDefault,
  groupValue,
} from './group-configs.ts'
import type { Overrides } from './layers.ts'
import { topicConfigs, topicServerDefaults, topicText } from './topic-configs.ts'
import type { ConfigType } from './value.ts'

/** Kafka's codes for where a value comes from. */
export const configSources = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const

/** Kafka's codes for the type of a config. */
export const configTypeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

export interface ConfigSynonymRow {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface ConfigRow {
  readonly name: string
  readonly value: string | null
  readonly source: number
  readonly isSensitive: boolean
  readonly readOnly: boolean
  readonly configType: number
  readonly documentation: string | null
  /** What sets the value, strongest first. */
  readonly synonyms: readonly ConfigSynonymRow[]
}

export function describeTopic(broker: BrokerConfig, overrides: Overrides): ConfigRow[] {
  return shown(topicConfigs.definitions).map((definition) => {
    const { name } = definition
    const server = topicServerDefaults[name]
    const inherited = server === undefined ? [] : brokerSynonymRows(broker, server, false)
    const value = topicText(broker, overrides, name)
    const own = { name, value, source: configSources.topic }
    return row(definition, value, overrides.has(name) ? [own, ...inherited] : inherited)
  })
}

/** Resource `broker` with this node's id. */
export function describeBroker(broker: BrokerConfig): ConfigRow[] {
  return brokerNames(broker).map((name) => {
    const definition = brokerDefinition(name)
    const sensitive = isSensitive(definition)
    const synonyms = brokerSynonymRows(broker, name, sensitive)
    return brokerRow(name, definition, brokerText(broker, name, definition), synonyms)
  })
}

/** Resource `broker` with the name '': only what was set for the whole cluster. */
export function describeBrokerDefaults(broker: BrokerConfig): ConfigRow[] {
  const { dynamicDefault } = broker.values.layers
  return [...dynamicDefault].map(([name, text]) => {
    const definition = brokerDefinition(name)
    const value = isSensitive(definition) ? null : text
    const synonym = { name, value, source: configSources.dynamicDefaultBroker }
    return brokerRow(name, definition, value, [synonym])
  })
}

export function describeGroup(broker: BrokerConfig, overrides: Overrides): ConfigRow[] {
  return shown(groupConfigs.definitions).map((definition) => {
    const { name } = definition
    const value = formatConfig(definition, groupValue(broker, overrides, name))
    const server = groupServerDefault(name)
    const inherited =
      server === undefined
        ? [{ name, value: defaultText(definition), source: configSources.default }]
        : brokerSynonymRows(broker, server, false)
    const own = { name, value, source: configSources.group }
    return row(definition, value, overrides.has(name) ? [own, ...inherited] : inherited)
  })
}

export function describeClientMetrics(overrides: Overrides): ConfigRow[] {
  return clientMetricsConfigs.definitions.map((definition) => {
    const { name } = definition
    const own = overrides.get(name)
    if (own === undefined) return row(definition, defaultText(definition), [])
    return row(definition, own, [{ name, value: own, source: configSources.clientMetrics }])
  })
}

function shown(definitions: readonly ConfigDefinition[]): readonly ConfigDefinition[] {
  return definitions.filter(({ internal }) => !internal)
}

/**
 * Every plain key, and the others that are set: those of single listeners, plug-ins, and dynamic
 * ones.
 */
function brokerNames(broker: BrokerConfig): string[] {
  const { file, dynamicDefault, dynamicBroker } = broker.values.layers
  const plain = shown(brokerConfigs.definitions)
    .map(({ name }) => name)
    .filter((name) => !dynamicOnlyConfigs.includes(name))
  const extra = [...file.keys(), ...dynamicDefault.keys(), ...dynamicBroker.keys()].filter(
    (name) => brokerConfigs.get(name) === undefined || dynamicOnlyConfigs.includes(name),
  )
  return [...plain, ...new Set(extra)]
}

/** What nobody can tell the type of is taken for a secret, as in Kafka. */
function isSensitive(definition: ConfigDefinition | undefined): boolean {
  return definition === undefined || definition.type === 'password'
}

function brokerText(
  broker: BrokerConfig,
  name: string,
  definition: ConfigDefinition | undefined,
): string | null {
  if (definition === undefined || isSensitive(definition)) return null
  return formatConfig(definition, broker.values.read(definition, name))
}

/**
 * What sets a broker config, strongest first: all keys of the setting within one layer before the
 * next layer. Rows ahead of the config's own first one are left out, as Kafka does it.
 */
function brokerSynonymRows(
  broker: BrokerConfig,
  name: string,
  sensitive: boolean,
): ConfigSynonymRow[] {
  const names = brokerSynonyms(name)
  const { dynamicBroker, dynamicDefault, file } = broker.values.layers
  const rows: ConfigSynonymRow[] = []
  const add = (source: number, text: (key: string) => string | null | undefined) => {
    for (const key of names) {
      const value = text(key)
      if (value === undefined || value === null) continue
      rows.push({ name: key, value: sensitive ? null : value, source })
    }
  }
  add(configSources.dynamicBroker, (key) => dynamicBroker.get(key))
  add(configSources.dynamicDefaultBroker, (key) => dynamicDefault.get(key))
  add(configSources.staticBroker, (key) => file.get(key))
  add(configSources.default, (key) => {
    const definition = dynamicOnlyConfigs.includes(key) ? undefined : brokerConfigs.get(key)
    return definition === undefined ? undefined : defaultText(definition)
  })
  const first = rows.findIndex((synonym) => synonym.name === name)
  return first < 0 ? [] : rows.slice(first)
}

function brokerRow(
  name: string,
  definition: ConfigDefinition | undefined,
  value: string | null,
  synonyms: readonly ConfigSynonymRow[],
): ConfigRow {
  const ofListener = listenerBaseName(name) !== undefined
  const fixed = definition === undefined || ofListener || definition.dynamic === 'read-only'
  return {
    name,
    value,
    source: synonyms[0]?.source ?? configSources.default,
    isSensitive: isSensitive(definition),
    readOnly: fixed,
    configType: definition === undefined ? 0 : configTypeCodes[definition.type],
    documentation: definition?.doc ?? null,
    synonyms,
  }
}

function row(
  definition: ConfigDefinition,
  value: string | null,
  synonyms: readonly ConfigSynonymRow[],
): ConfigRow {
  return {
    name: definition.name,
    value,
    source: synonyms[0]?.source ?? configSources.default,
    isSensitive: false,
    readOnly: false,
    configType: configTypeCodes[definition.type],
    documentation: definition.doc,
    synonyms,
  }
}
