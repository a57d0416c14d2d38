// Makes topics for tests of the storage API, by the Kafka protocol: it has no method for that.

import { KafkaClient } from '../kafka-client.ts'

export interface TopicShape {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** Resolves with the name. */
export async function createTopic(
  port: number,
  name: string,
  { partitions = 1, replicationFactor = 1, configs = {} }: TopicShape = {},
): Promise<string> {
  const kafka = await KafkaClient.connect({ port })
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const { topics } = await kafka.send('createTopics', 7, {
    topics: [
      { name, numPartitions: partitions, replicationFactor, assignments: [], configs: entries },
    ],
    timeoutMs: 10_000,
  })
  await kafka.close()
  const [made] = topics
  if (made?.errorCode !== 0) throw new Error(`${name}: ${made?.errorMessage ?? 'no answer'}`)
  return name
}
