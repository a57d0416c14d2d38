// Topics that come into being because someone asked for them: those of clients when
// auto.create.topics.enable allows it, and the internal ones when a coordinator is first needed
// (KIP-487, KIP-590).

import type { ConfigEntry, CreateTopicResult, NewTopic } from '@samsa/controller/requests'
import { offsetsTopic, transactionTopic } from '@samsa/controller/topic-names'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { Services } from '../../services.ts'
import { type Asked, refusable } from './ask-controller.ts'

/**
 * Creates the topics that are not there. Another request may have been quicker: then
 * TOPIC_ALREADY_EXISTS is told.
 */
export function autoCreateTopics(
  services: Services,
  names: readonly string[],
): Promise<Asked<CreateTopicResult[]>> {
  const config = services.config()
  const topics = names.map((name) => newTopic(name, config))
  return refusable(services.controller.createTopics({ topics, validateOnly: false }))
}

/** What a topic is made with when nobody says; internal ones have settings of their own. */
function newTopic(name: string, config: BrokerConfig): NewTopic {
  switch (name) {
    case offsetsTopic:
      return {
        name,
        numPartitions: config.offsetsTopicNumPartitions,
        replicationFactor: config.offsetsTopicReplicationFactor,
        assignments: [],
        configs: entries({
          'cleanup.policy': 'compact',
          'compression.type': 'producer',
          'segment.bytes': String(config.offsetsTopicSegmentBytes),
        }),
      }
    case transactionTopic:
      return {
        name,
        numPartitions: config.transactionStateLogNumPartitions,
        replicationFactor: config.transactionStateLogReplicationFactor,
        assignments: [],
        configs: entries({
          'cleanup.policy': 'compact',
          'compression.type': 'uncompressed',
          'min.insync.replicas': String(config.transactionStateLogMinIsr),
          'segment.bytes': String(config.transactionStateLogSegmentBytes),
          'unclean.leader.election.enable': 'false',
        }),
      }
    default:
      return {
        name,
        numPartitions: config.numPartitions,
        replicationFactor: config.defaultReplicationFactor,
        assignments: [],
        configs: [],
      }
  }
}

function entries(configs: Record<string, string>): ConfigEntry[] {
  return Object.entries(configs).map(([name, value]) => ({ name, value }))
}
