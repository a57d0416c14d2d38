// Configs that a group or a client metrics subscription can have of its own, and the rules that
// bind them: a group's value must lie within bounds that are broker configs (KIP-848, KIP-932,
// KIP-1071), and clients must be matched by selectors that exist (KIP-714).

import type { BrokerConfig } from './broker-config.ts'
import { brokerConfigs } from './broker-configs.ts'
import { ConfigTable, parseConfig } from './definition.ts'
import type { BrokerValues, Overrides } from './layers.ts'
import { clientMetricsConfigs as clientMetricsRows } from './tables/client-metrics.ts'
import { groupConfigs as groupRows } from './tables/group.ts'
import { ConfigError, type ConfigValue } from './value.ts'

export const groupConfigs = new ConfigTable(groupRows)
export const clientMetricsConfigs = new ConfigTable(clientMetricsRows)

/** The broker config that a group config defaults from; undefined where it has none. */
export function groupServerDefault(name: string): string | undefined {
  const server = `group.${name}`
  return brokerConfigs.get(server) === undefined ? undefined : server
}

/** The typed value of one config: the group's own, the broker's, or Kafka's default. */
export function groupValue(broker: BrokerConfig, overrides: Overrides, name: string): ConfigValue {
  const definition = groupConfigs.expect(name)
  const own = overrides.get(name)
  if (own !== undefined) return parseConfig(definition, own)
  const server = groupServerDefault(name)
  return server === undefined ? (definition.default ?? null) : broker.values.get(server)
}

/** What groups of the consumer protocol may have of their own (KIP-848, KIP-1263). */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
}

export function consumerGroupSettings(
  broker: BrokerConfig,
  overrides: Overrides,
): ConsumerGroupSettings {
  const number = (name: string) => Number(groupValue(broker, overrides, name))
  return {
    sessionTimeoutMs: number('consumer.session.timeout.ms'),
    heartbeatIntervalMs: number('consumer.heartbeat.interval.ms'),
    assignmentIntervalMs: number('consumer.assignment.interval.ms'),
  }
}

/** What groups of Kafka Streams may have of their own (KIP-1071, KIP-1263). */
export interface StreamsGroupSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
  readonly initialRebalanceDelayMs: number
  readonly standbyReplicas: number
}

export function streamsGroupSettings(
  broker: BrokerConfig,
  overrides: Overrides,
): StreamsGroupSettings {
  const number = (name: string) => Number(groupValue(broker, overrides, `streams.${name}`))
  return {
    sessionTimeoutMs: number('session.timeout.ms'),
    heartbeatIntervalMs: number('heartbeat.interval.ms'),
    assignmentIntervalMs: number('assignment.interval.ms'),
    initialRebalanceDelayMs: number('initial.rebalance.delay.ms'),
    standbyReplicas: number('num.standby.replicas'),
  }
}

/**
 * Holds a whole set of overrides to Kafka's rules; throws a ConfigError for the first that is
 * broken.
 */
export function validateGroupOverrides(broker: BrokerConfig, overrides: Overrides): void {
  for (const [name, text] of overrides) {
    const definition = groupConfigs.get(name)
    if (definition === undefined) throw new ConfigError(`Unknown group config name: ${name}`)
    parseConfig(definition, text)
  }
  checkBounds(broker.values, '', (name) => groupValue(broker, overrides, name))
}

/** The same rules for the broker's own defaults of groups. */
export function checkGroupDefaults(values: BrokerValues): void {
  checkBounds(values, 'group.', (name) => values.get(`group.${name}`))
}

const bounded: readonly (readonly [name: string, min: string | null, max: string])[] = [
  ...['consumer', 'share', 'streams'].flatMap((kind) =>
    ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms'].map(
      (rest) =>
        [`${kind}.${rest}`, `group.${kind}.min.${rest}`, `group.${kind}.max.${rest}`] as const,
    ),
  ),
  ...['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'].map(
    (rest) => [`share.${rest}`, `group.share.min.${rest}`, `group.share.max.${rest}`] as const,
  ),
  ['streams.num.standby.replicas', null, 'group.streams.max.standby.replicas'],
]

function checkBounds(
  values: BrokerValues,
  prefix: string,
  valueOf: (name: string) => ConfigValue,
): void {
  for (const [name, min, max] of bounded) {
    const value = Number(valueOf(name))
    if (min !== null && value < values.number(min)) {
      throw new ConfigError(`${prefix}${name} must be greater than or equal to ${min}`)
    }
    if (value > values.number(max)) {
      throw new ConfigError(`${prefix}${name} must be less than or equal to ${max}`)
    }
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = `${kind}.session.timeout.ms`
    const heartbeat = `${kind}.heartbeat.interval.ms`
    if (Number(valueOf(session)) <= Number(valueOf(heartbeat))) {
      throw new ConfigError(`${prefix}${session} must be greater than ${prefix}${heartbeat}`)
    }
  }
}

const intervalMsMin = 100
const intervalMsMax = 3_600_000

const selectors: readonly string[] = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

/** Throws a ConfigError; `kafkaError` tells which of Kafka's errors it is. */
export function validateClientMetrics(overrides: Overrides): void {
  for (const [name, text] of overrides) {
    const definition = clientMetricsConfigs.get(name)
    if (definition === undefined) {
      throw new InvalidClientMetrics(`Unknown client metrics configuration: ${name}`)
    }
    const value = parseConfig(definition, text)
    if (name === 'interval.ms') checkInterval(Number(value))
    if (name === 'match') checkSelectors(value as readonly string[])
  }
}

/** What Kafka answers with INVALID_REQUEST and not with INVALID_CONFIG. */
export class InvalidClientMetrics extends ConfigError {}

function checkInterval(intervalMs: number): void {
  if (intervalMs < intervalMsMin || intervalMs > intervalMsMax) {
    throw new InvalidClientMetrics(
      `Invalid value ${intervalMs} for interval.ms, interval must be between ` +
        `${intervalMsMin} and ${intervalMsMax} (1 hour)`,
    )
  }
}

function checkSelectors(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    const [selector = '', expression, ...rest] = pattern.split('=')
    const known = selectors.includes(selector.trim()) && rest.length === 0
    if (!known || expression === undefined || !isExpression(expression.trim())) {
      throw new ConfigError(`Illegal client matching pattern: ${pattern}`)
    }
  }
}

function isExpression(text: string): boolean {
  try {
    RegExp(text)
    return true
  } catch {
    return false
  }
}
