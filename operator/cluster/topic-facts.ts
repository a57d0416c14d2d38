// Many topics in a few requests: what they are and which configs are their own, and making them.

import type { Cluster } from '@samsa/cli/client/cluster'
import { KafkaError } from '@samsa/cli/client/errors'
import { createTopics, type NewTopic } from '@samsa/cli/client/topics'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { TopicFacts } from './admin.ts'

/** Limits of a reassignment stand as configs of its topics, and are nobody's wish for them. */
const throttled = /\.replication\.throttled\.replicas$/
/** By the codes of the protocol. */
const topicResource = 2
const topicSource = 1

/** In the order of the names; null for a topic that there is not, an error for one that failed. */
export async function topicFacts(
  cluster: Cluster,
  names: readonly string[],
): Promise<(TopicFacts | KafkaError | null)[]> {
  const distinct = [...new Set(names)]
  const found = await metadataOf(cluster, distinct)
  const present = distinct.filter((name) => found.get(name)?.facts !== undefined)
  const configs = await ownConfigs(cluster, present)
  return names.map((name) => {
    const one = found.get(name)
    if (one?.error !== undefined) return one.error
    const config = configs.get(name)
    if (one?.facts === undefined || config === undefined) return null
    return { ...one.facts, config }
  })
}

interface Found {
  readonly facts?: Omit<TopicFacts, 'config'>
  readonly error?: KafkaError
}

async function metadataOf(cluster: Cluster, names: readonly string[]): Promise<Map<string, Found>> {
  const { response } = await cluster.toAny('metadata', {
    topics: names.map((name) => ({ name })),
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  const found = new Map<string, Found>()
  for (const { name, errorCode, topicId, partitions } of response.topics) {
    if (name === null || errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) continue
    if (errorCode !== 0) found.set(name, { error: new KafkaError(errorCode, `topic ${name}`) })
    else {
      const sorted = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
      const replicas = sorted.map(({ replicaNodes }) => ({ replicas: replicaNodes }))
      found.set(name, { facts: { topicId, partitions: replicas } })
    }
  }
  return found
}

async function ownConfigs(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const configs = new Map<string, Record<string, string>>()
  if (names.length === 0) return configs
  const { response } = await cluster.toAny('describeConfigs', {
    resources: names.map((resourceName) => ({
      resourceType: topicResource,
      resourceName,
      configurationKeys: null,
    })),
    includeSynonyms: false,
    includeDocumentation: false,
  })
  for (const result of response.results) {
    // One that is gone by now is as one that never was.
    if (result.errorCode !== 0) continue
    const own = result.configs.filter(
      ({ name, configSource }) => configSource === topicSource && !throttled.test(name),
    )
    const entries = own.map(({ name, value }) => [name, value ?? ''])
    configs.set(result.resourceName, Object.fromEntries(entries) as Record<string, string>)
  }
  return configs
}

/** In the order of the topics; one that is there already is no error. */
export async function makeTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
): Promise<(KafkaError | null)[]> {
  const outcomes = await createTopics(cluster, topics, false)
  const errors = new Map(outcomes.map(({ name, error }) => [name, error]))
  return topics.map(({ name }) => {
    const error = errors.get(name)
    return error === undefined || error.kafkaError === 'TOPIC_ALREADY_EXISTS' ? null : error
  })
}
