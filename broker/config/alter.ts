// What AlterConfigs (API 33) and IncrementalAlterConfigs (API 44, KIP-339) would make of a
// resource's overrides. Pure: takes the overrides as they are and returns them as they would be, or
// Kafka's error. Whether the resource exists, who may change it, and storing the result are the
// business of others.

import type { ConfigOutcome } from '@samsa/controller/decision'
import type { ConfigResource, ConfigResourceType } from '@samsa/controller/image'
import type {
  ConfigEntry,
  ConfigOperation,
  IncrementalConfigChange,
} from '@samsa/controller/requests'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assertNever } from '../assert.ts'
import { type BrokerConfig, resolveBrokerConfig } from './broker-config.ts'
import { brokerConfigs, brokerDefinition, listenerBaseName } from './broker-configs.ts'
import { checkBrokerConfig } from './cross-checks.ts'
import { type ConfigDefinition, defaultText, parseConfig } from './definition.ts'
import {
  clientMetricsConfigs,
  groupConfigs,
  InvalidClientMetrics,
  validateClientMetrics,
  validateGroupOverrides,
} from './group-configs.ts'
import type { Overrides } from './layers.ts'
import { topicConfigs, validateTopicOverrides } from './topic-configs.ts'
import { ConfigError } from './value.ts'

/** In the order of Kafka's operation codes, from 0. */
export const alterOperations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract']

/** Applies the changes in their order to the overrides that the resource has now. */
export function applyChanges(
  broker: BrokerConfig,
  resource: ConfigResource,
  current: Overrides,
  changes: readonly IncrementalConfigChange[],
): ConfigOutcome {
  return outcome(() => {
    checkForm(changes.map(({ name }) => name))
    checkNulls(changes.filter(({ operation }) => operation !== 'delete'))
    checkResourceName(resource)
    const overrides = new Map(current)
    for (const change of changes) applyChange(overrides, resource, change)
    validate(broker, resource, overrides)
    return overrides
  })
}

/** AlterConfigs: what is not given goes back to its default. */
export function replaceOverrides(
  broker: BrokerConfig,
  resource: ConfigResource,
  entries: readonly ConfigEntry[],
): ConfigOutcome {
  return outcome(() => {
    checkForm(entries.map(({ name }) => name))
    checkNulls(entries)
    checkResourceName(resource)
    const overrides = new Map(entries.map(({ name, value }) => [name, value ?? '']))
    validate(broker, resource, overrides)
    return overrides
  })
}

/** Carries the protocol's error up to `outcome`, which alone ends it. */
class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kafkaError: KafkaErrorName

  constructor(kafkaError: KafkaErrorName, message: string) {
    super(message)
    this.kafkaError = kafkaError
  }
}

function outcome(alter: () => Overrides): ConfigOutcome {
  try {
    return { type: 'accepted', overrides: alter() }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { type: 'refused', error: error.kafkaError, message: error.message }
  }
}

function checkForm(names: readonly string[]): void {
  if (new Set(names).size < names.length) {
    throw new Refusal('INVALID_REQUEST', 'Error due to duplicate config keys')
  }
}

function checkNulls(entries: readonly ConfigEntry[]): void {
  const nulls = entries.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    throw new Refusal('INVALID_REQUEST', `Null value not supported for : ${nulls.join(', ')}`)
  }
}

function checkResourceName({ type, name }: ConfigResource): void {
  switch (type) {
    case 'topic':
    case 'group':
      if (name === '') {
        throw new Refusal('INVALID_REQUEST', `Default ${type} resources are not allowed.`)
      }
      return
    case 'client-metrics':
      if (name === '') throw new Refusal('INVALID_REQUEST', "Subscription name can't be empty")
      return
    case 'broker':
      if (name !== '') checkBrokerName(name)
      return
    case 'broker-logger':
      throw new Refusal('INVALID_REQUEST', 'There are no single loggers here: use samsa.log.level')
    default:
      assertNever(type)
  }
}

function checkBrokerName(name: string): void {
  if (!/^[+-]?\d{1,10}$/.test(name)) {
    throw new Refusal('INVALID_REQUEST', `Node id must be an integer, but it is: ${name}`)
  }
}

function applyChange(
  overrides: Map<string, string>,
  resource: ConfigResource,
  { name, operation, value }: IncrementalConfigChange,
): void {
  switch (operation) {
    case 'set':
      overrides.set(name, value ?? '')
      return
    case 'delete':
      overrides.delete(name)
      return
    case 'append':
    case 'subtract': {
      const definition = listDefinition(resource, name, operation)
      const before = entriesOf(overrides.get(name) ?? defaultText(definition) ?? '')
      const given = (value ?? '').split(',')
      const after =
        operation === 'append'
          ? [...before, ...given.filter((entry) => !before.includes(entry))]
          : without(before, given)
      overrides.set(name, after.join(','))
      return
    }
    default:
      assertNever(operation)
  }
}

function entriesOf(text: string): string[] {
  return text.split(',').filter((entry) => entry !== '')
}

/** Each given entry takes one equal entry away. */
function without(entries: readonly string[], given: readonly string[]): string[] {
  const rest = [...entries]
  for (const entry of given) {
    const index = rest.indexOf(entry)
    if (index >= 0) rest.splice(index, 1)
  }
  return rest
}

function listDefinition(
  { type }: ConfigResource,
  name: string,
  operation: 'append' | 'subtract',
): ConfigDefinition {
  const definition = definitionOf(type, name)
  if (type === 'broker' && definition === undefined) {
    throw new Refusal('INVALID_CONFIG', `Unknown config name: ${name}`)
  }
  if (definition?.type === 'list' && type !== 'client-metrics') return definition
  throw new Refusal(
    'INVALID_CONFIG',
    type === 'broker'
      ? `Config value ${operation} is not allowed for config key: ${name}`
      : `Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`,
  )
}

function definitionOf(type: ConfigResourceType, name: string): ConfigDefinition | undefined {
  switch (type) {
    case 'topic':
      return topicConfigs.get(name)
    case 'group':
      return groupConfigs.get(name)
    case 'client-metrics':
      return clientMetricsConfigs.get(name)
    case 'broker':
    case 'broker-logger':
      return brokerConfigs.get(name)
    default:
      return assertNever(type)
  }
}

function validate(
  broker: BrokerConfig,
  { type, name }: ConfigResource,
  overrides: Overrides,
): void {
  // Kafka answers a bad value of a broker with INVALID_REQUEST (KAFKA-13609) and any other with
  // INVALID_CONFIG.
  const kafkaError = type === 'broker' ? 'INVALID_REQUEST' : 'INVALID_CONFIG'
  try {
    if (type === 'topic') validateTopicOverrides(broker, overrides)
    if (type === 'group') validateGroupOverrides(broker, overrides)
    if (type === 'client-metrics') validateClientMetrics(overrides)
    if (type === 'broker') validateBrokerOverrides(broker, name, overrides)
  } catch (error) {
    if (error instanceof InvalidClientMetrics) throw new Refusal('INVALID_REQUEST', error.message)
    if (error instanceof ConfigError) throw new Refusal(kafkaError, error.message)
    throw error
  }
}

// A broker takes its key material per listener, so that a change cannot cut off every listener at
// once.
const perListenerOnly = /^ssl\.(key|keystore|truststore)\./

/**
 * All the broker's dynamic settings with the new ones in place must hold together. Of another
 * broker (the active controller decides for all of them) only the values can be checked: what its
 * file has is its own to know, and it has checked that before it asked.
 */
function validateBrokerOverrides(broker: BrokerConfig, name: string, overrides: Overrides): void {
  const names = [...overrides.keys()]
  demandNone('Unknown broker config names', names, (key) => brokerDefinition(key) === undefined)
  demandNone('Cannot update these configs dynamically', names, isReadOnly)
  demandNone(
    'These security configs can be dynamically updated only per-listener using the listener prefix',
    names,
    (key) => perListenerOnly.test(key),
  )
  for (const [key, text] of overrides) {
    const definition = brokerDefinition(key)
    if (definition === undefined) continue
    parseConfig(definition, text)
    if (definition.effect === 'refused' && text.trim() !== (defaultText(definition) ?? '')) {
      throw new ConfigError(`${key} cannot be followed here: ${definition.doc}`)
    }
  }
  if (name === '') {
    demandNone(
      'Cannot update these configs at default cluster level, broker id must be specified',
      names,
      isPerBroker,
    )
  }
  if (name !== '' && Number(name) !== broker.nodeId) return
  const { layers } = broker.values
  checkBrokerConfig(
    resolveBrokerConfig(
      name === ''
        ? { ...layers, dynamicDefault: overrides }
        : { ...layers, dynamicBroker: overrides },
    ),
  )
}

function demandNone(
  message: string,
  names: readonly string[],
  offends: (name: string) => boolean,
): void {
  const offenders = names.filter(offends)
  if (offenders.length > 0) throw new ConfigError(`${message}: [${offenders.join(', ')}]`)
}

function isReadOnly(name: string): boolean {
  return listenerBaseName(name) === undefined && brokerDefinition(name)?.dynamic === 'read-only'
}

// These limits may be set for one listener of the whole cluster.
const clusterWideOfListener = [
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
]

function isPerBroker(name: string): boolean {
  const base = listenerBaseName(name)
  if (base !== undefined) return !clusterWideOfListener.includes(base)
  return brokerDefinition(name)?.dynamic === 'per-broker'
}
