// Reads a node's configuration: Kafka's server.properties plus `key=value` overrides from the
// command line. Strict where a slip would go unseen: an unknown key stops the start, and a key
// without effect here is told.

import { type BrokerConfig, resolveBrokerConfig } from './broker-config.ts'
import {
  brokerConfigs,
  brokerDefinition,
  dynamicOnlyConfigs,
  listenerBaseName,
} from './broker-configs.ts'
import { checkBrokerConfig } from './cross-checks.ts'
import { type ConfigDefinition, defaultText, formatConfig, parseConfig } from './definition.ts'
import { fileLayer } from './layers.ts'
import { parseProperties } from './properties.ts'
import { ConfigError } from './value.ts'

export interface ConfigSource {
  /** The text of a server.properties. */
  readonly text: string
  /** `key=value`, later ones first; they win over the text. */
  readonly overrides?: readonly string[]
}

/** Throws a ConfigError whose message alone tells an operator what to mend. */
export function loadBrokerConfig(source: ConfigSource): {
  config: BrokerConfig
  warnings: string[]
} {
  const warnings: string[] = []
  const settings = readSettings(source, warnings)
  for (const [name, text] of settings) checkSetting(name, text, warnings)
  unifyNodeId(settings)
  const config = resolveBrokerConfig(fileLayer(settings))
  checkBrokerConfig(config)
  return { config, warnings }
}

function readSettings(source: ConfigSource, warnings: string[]): Map<string, string> {
  const settings = new Map<string, string>()
  for (const { key, value, line } of parseProperties(source.text)) {
    if (settings.has(key)) warnings.push(`${key} is given again on line ${line}, which wins`)
    settings.set(key, value)
  }
  for (const override of source.overrides ?? []) {
    const separator = override.indexOf('=')
    if (separator < 1) throw new ConfigError(`Expected key=value, but found ${override}`)
    settings.set(override.slice(0, separator).trim(), override.slice(separator + 1))
  }
  return settings
}

/** Kafka's plug-ins read keys of their own, which no table can know. */
const pluginPrefixes: readonly string[] = ['rsm.config.', 'rlmm.config.', 'metrics.jmx.']

function checkSetting(name: string, text: string, warnings: string[]): void {
  const definition = brokerDefinition(name)
  if (definition === undefined) {
    if (!isPluginKey(name)) throw unknownKey(name)
    warnings.push(`${name} has no effect here: it belongs to a plug-in of Kafka`)
    return
  }
  const value = parseConfig(definition, text)
  if (dynamicOnlyConfigs.includes(name)) {
    warnings.push(`${name} has no effect in a file: it is set on a running broker`)
  } else if (listenerBaseName(name) !== undefined && !isOfListener(definition)) {
    warnings.push(`${name} has no effect here: it counts for all listeners or none`)
  } else if (definition.effect === 'accepted') {
    warnings.push(`${name} has no effect here (${definition.doc})`)
  } else if (definition.effect === 'refused') {
    assertDefault(definition, formatConfig(definition, value))
  }
}

/** What a listener may have of its own: its TLS and its log-in. */
function isOfListener({ name, effect }: ConfigDefinition): boolean {
  const isSecurity = /^(ssl|sasl)\./.test(name) || name === 'connections.max.reauth.ms'
  return effect === 'effective' && isSecurity
}

function isPluginKey(name: string): boolean {
  return pluginPrefixes.some((prefix) => name.startsWith(prefix))
}

function assertDefault(definition: ConfigDefinition, text: string | null): void {
  if (text !== defaultText(definition) && text !== '') {
    throw new ConfigError(
      `${definition.name}=${text} cannot be followed here, and to run without it is not safe: ` +
        definition.doc,
    )
  }
}

/** node.id and its older name broker.id stand for each other. */
function unifyNodeId(settings: Map<string, string>): void {
  const id = settings.get('node.id') ?? settings.get('broker.id')
  if (id === undefined) return
  if (!settings.has('node.id')) settings.set('node.id', id)
  if (!settings.has('broker.id')) settings.set('broker.id', id)
}

// Keys of Kafka 3 that 4 dropped: nobody should hunt for a typing error in them.
const removedPrefixes: readonly string[] = ['zookeeper.', 'password.encoder.', 'control.plane.']
const removedKeys: readonly string[] = [
  'inter.broker.protocol.version',
  'log.message.format.version',
  'log.message.downconversion.enable',
  'log.message.timestamp.difference.max.ms',
  'broker.id.generation.enable',
  'reserved.broker.max.id',
  'offsets.commit.required.acks',
  'leader.imbalance.per.broker.percentage',
  'delegation.token.master.key',
  'controlled.shutdown.max.retries',
  'controlled.shutdown.retry.backoff.ms',
]

function unknownKey(name: string): ConfigError {
  const removed =
    removedKeys.includes(name) || removedPrefixes.some((prefix) => name.startsWith(prefix))
  const reason = removed ? 'it was removed in Kafka 4' : 'no such config'
  const base = listenerBaseName(name)
  const nearest = nearestName(base ?? name)
  const shown = name.length > nameCharsMax ? `${name.slice(0, nameCharsMax)}...` : name
  return new ConfigError(`Unknown configuration ${shown}: ${reason}; the nearest one is ${nearest}`)
}

/** Longer than any key. What is longer still is no key that somebody mistyped. */
const nameCharsMax = 200

/** The known key with the fewest letters to change. */
export function nearestName(given: string): string {
  const name = given.slice(0, nameCharsMax)
  let nearest = ''
  let fewest = Number.POSITIVE_INFINITY
  for (const definition of brokerConfigs.definitions) {
    if (definition.internal) continue
    const distance = editDistance(name, definition.name)
    if (distance < fewest) {
      fewest = distance
      nearest = definition.name
    }
  }
  return nearest
}

/** Levenshtein's: the letters to add, drop or change that lead from one text to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const change = from[row - 1] === to[column - 1] ? 0 : 1
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + change,
        ),
      )
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
