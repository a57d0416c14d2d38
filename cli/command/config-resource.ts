// The options by which `samsa config` names what it is about: a topic, a broker, all brokers, a
// group, or a subscription of client metrics.

import type { ConfigResource } from '../client/configs.ts'
import { UsageError } from '../errors.ts'
import { flag, integer, type OptionTable, text, type Values } from './options.ts'

export const resourceOptions = {
  topic: text('NAME', 'The configs of a topic.'),
  broker: integer('ID', 'The configs of one broker.'),
  allBrokers: flag('The dynamic defaults of all brokers.'),
  group: text('NAME', 'The configs of a consumer group.'),
  clientMetrics: text('NAME', 'A subscription: the metrics that clients push to the brokers.'),
} satisfies OptionTable

export function resourceOf(options: Values<typeof resourceOptions>): ConfigResource {
  const given: ConfigResource[] = []
  if (options.topic !== undefined) given.push({ type: 'topic', name: options.topic })
  if (options.broker !== undefined) given.push({ type: 'broker', name: String(options.broker) })
  if (options.allBrokers) given.push({ type: 'broker', name: '' })
  if (options.group !== undefined) given.push({ type: 'group', name: options.group })
  if (options.clientMetrics !== undefined) {
    given.push({ type: 'client-metrics', name: options.clientMetrics })
  }
  const [resource] = given
  if (resource !== undefined && given.length === 1) return resource
  throw new UsageError('give one of --topic, --broker, --all-brokers, --group, --client-metrics')
}
