// All broker configs: Kafka's, by aspect, and our own; and how the keys of one setting give way to
// each other. Facts only: what a node makes of them is in broker-config.ts.

import { type ConfigDefinition, ConfigTable } from './definition.ts'
import { nextGenerationGroupConfigs } from './tables/consumer-groups.ts'
import { controllerConfigs } from './tables/controller.ts'
import { groupCoordinatorConfigs } from './tables/groups.ts'
import { logConfigs } from './tables/log.ts'
import { metricsConfigs } from './tables/metrics.ts'
import { networkConfigs } from './tables/network.ts'
import { nodeConfigs } from './tables/node.ts'
import { oauthConfigs } from './tables/oauth.ts'
import { quotaConfigs } from './tables/quotas.ts'
import { replicationConfigs } from './tables/replication.ts'
import { samsaConfigs } from './tables/samsa.ts'
import { saslConfigs } from './tables/sasl.ts'
import { shareGroupConfigs } from './tables/share-groups.ts'
import { sslConfigs } from './tables/ssl.ts'
import { tieredStorageConfigs } from './tables/tiered-storage.ts'
import { topicDefaultConfigs } from './tables/topics.ts'
import { transactionConfigs } from './tables/transactions.ts'

export const brokerConfigs = new ConfigTable([
  ...nodeConfigs,
  ...networkConfigs,
  ...topicDefaultConfigs,
  ...logConfigs,
  ...groupCoordinatorConfigs,
  ...nextGenerationGroupConfigs,
  ...shareGroupConfigs,
  ...replicationConfigs,
  ...controllerConfigs,
  ...transactionConfigs,
  ...quotaConfigs,
  ...metricsConfigs,
  ...tieredStorageConfigs,
  ...sslConfigs,
  ...saslConfigs,
  ...oauthConfigs,
  ...samsaConfigs,
])

/** Can be set on a running broker but not in its file; Kafka shows them only where they are set. */
export const dynamicOnlyConfigs: readonly string[] = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
]

const families: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/**
 * The keys of the same setting, the one that counts first when several are set; `name` alone when
 * it has no others.
 */
export function brokerSynonyms(name: string): readonly string[] {
  // The scheduler's interval stands in for the flush interval but is a setting of its own.
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  const family = families.find((names) => names.includes(name))
  if (family !== undefined) return family
  const base = listenerBaseName(name)
  return base === undefined ? [name] : [name, base]
}

const listenerPrefix = /^listener\.name\.[^.]*\.(.*)$/

// These may also be given per mechanism: listener.name.<listener>.<mechanism>.<key>.
const mechanismConfigs: readonly string[] = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]
const oauthPrefix = /^oauthbearer\.(?=sasl\.oauthbearer\.)/

/**
 * The plain key that a `listener.name.<listener>.` key sets for one listener; undefined for any
 * other key.
 */
export function listenerBaseName(name: string): string | undefined {
  const rest = listenerPrefix.exec(name)?.[1]
  if (rest === undefined) return undefined
  return mechanismConfigs.find((base) => rest.endsWith(base)) ?? rest.replace(oauthPrefix, '')
}

/** The definition that a key's value is read by: its own, or that of the listener key's base. */
export function brokerDefinition(name: string): ConfigDefinition | undefined {
  const base = listenerBaseName(name)
  return brokerConfigs.get(base ?? name)
}
