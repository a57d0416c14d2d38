// Offsets of partitions by time or by end of the log (ListOffsets), asked of their leaders
// together.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import { KafkaError, throwIfError } from './errors.ts'

/** The protocol's special timestamps. */
export const latestTimestamp = -1
export const earliestTimestamp = -2

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface OffsetQuery extends TopicPartition {
  /** Milliseconds since 1970, or one of the special timestamps. */
  readonly timestamp: number
}

export interface FoundOffset extends OffsetQuery {
  /** -1: no record has that timestamp or a later one. */
  readonly offset: number
}

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

export function isolationCode(level: IsolationLevel): number {
  return level === 'read_committed' ? 1 : 0
}

export async function listOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  isolation: IsolationLevel = 'read_uncommitted',
): Promise<FoundOffset[]> {
  const topics = [...new Set(queries.map(({ topic }) => topic))]
  return await cluster.retrying(
    async () => {
      const byLeader = new Map<number, OffsetQuery[]>()
      for (const query of queries) {
        const leader = await cluster.leaderOf(query.topic, query.partition)
        const list = byLeader.get(leader) ?? []
        list.push(query)
        byLeader.set(leader, list)
      }
      const asked = [...byLeader].map(([leader, list]) => ask(cluster, leader, list, isolation))
      return (await Promise.all(asked)).flat()
    },
    { topics },
  )
}

async function ask(
  cluster: Cluster,
  leader: number,
  queries: readonly OffsetQuery[],
  isolation: IsolationLevel,
): Promise<FoundOffset[]> {
  const isolationLevel = isolationCode(isolation)
  const { response } = await cluster.toBroker(leader, 'listOffsets', (version) => ({
    replicaId: -1,
    ...(version >= 2 ? { isolationLevel } : {}),
    topics: groupByTopic(queries).map(([name, list]) => ({
      name,
      partitions: list.map(({ partition, timestamp }) => ({
        partitionIndex: partition,
        timestamp,
      })),
    })),
    timeoutMs: cluster.requestTimeoutMs,
  }))
  const found = new Map<string, number>()
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex, errorCode, offset } of partitions) {
      throwIfError(errorCode, `partition ${name}-${partitionIndex}`)
      found.set(`${name}-${partitionIndex}`, offset)
    }
  }
  return queries.map((query) => {
    const offset = found.get(`${query.topic}-${query.partition}`)
    if (offset !== undefined) return { ...query, offset }
    const about = `partition ${query.topic}-${query.partition}`
    throw new KafkaError(errorCodes.UNKNOWN_SERVER_ERROR, about, 'the broker left it out')
  })
}

export function groupByTopic<T extends TopicPartition>(items: readonly T[]): [string, T[]][] {
  const byTopic = new Map<string, T[]>()
  for (const item of items) {
    const list = byTopic.get(item.topic)
    if (list === undefined) byTopic.set(item.topic, [item])
    else list.push(item)
  }
  return [...byTopic]
}
