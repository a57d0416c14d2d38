// Limits on how fast replicas are copied while partitions move, in Kafka's own settings: a rate for
// each broker, and for each topic the replicas that it holds for. They stay until they are removed.

import type { Cluster } from './cluster.ts'
import { changeConfigs, describeConfigs, topicConfig } from './configs.ts'

export interface ThrottledMove {
  readonly topic: string
  readonly index: number
  readonly from: readonly number[]
  readonly to: readonly number[]
}

const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const leaderReplicas = 'leader.replication.throttled.replicas'
const followerReplicas = 'follower.replication.throttled.replicas'

/** Every replica that there is sends slowly, every one that comes is filled slowly. */
export async function setThrottles(
  cluster: Cluster,
  moves: readonly ThrottledMove[],
  bytesPerSecond: number,
): Promise<void> {
  const brokers = new Set(moves.flatMap(({ from, to }) => [...from, ...to]))
  const changes = rates.map((name) => ({ name, value: String(bytesPerSecond) }))
  for (const id of brokers) {
    await changeConfigs(cluster, { type: 'broker', name: String(id) }, changes)
  }
  for (const topic of new Set(moves.map((move) => move.topic))) {
    await changeConfigs(cluster, { type: 'topic', name: topic }, throttledReplicas(topic, moves))
  }
}

function throttledReplicas(topic: string, moves: readonly ThrottledMove[]) {
  const leaders: string[] = []
  const followers: string[] = []
  for (const move of moves) {
    if (move.topic !== topic) continue
    const added = move.to.filter((id) => !move.from.includes(id))
    leaders.push(...move.from.map((id) => `${move.index}:${id}`))
    followers.push(...added.map((id) => `${move.index}:${id}`))
  }
  return [
    { name: leaderReplicas, value: leaders.join(',') },
    { name: followerReplicas, value: followers.join(',') },
  ]
}

/** Removes all such limits, of these topics and of every broker that can be reached. */
export async function removeThrottles(cluster: Cluster, topics: readonly string[]): Promise<void> {
  const names = [leaderReplicas, followerReplicas]
  const throttled = new Set<string>()
  for (const name of names) {
    for (const [topic, value] of await topicConfig(cluster, topics, name)) {
      if (value !== '') throttled.add(topic)
    }
  }
  const none = (name: string) => ({ name, value: null })
  for (const topic of throttled) {
    await changeConfigs(cluster, { type: 'topic', name: topic }, names.map(none))
  }
  await cluster.refresh([])
  for (const { id } of cluster.brokers) {
    const resource = { type: 'broker', name: String(id) } as const
    const configs = await describeConfigs(cluster, resource, rates)
    const set = configs.filter(({ source }) => source === 'broker')
    if (set.length > 0) {
      await changeConfigs(
        cluster,
        resource,
        set.map(({ name }) => none(name)),
      )
    }
  }
}
