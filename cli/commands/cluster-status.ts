// `samsa cluster status`: the nodes with what each carries, and what is wrong with the cluster.

import type { Cluster } from '../client/cluster.ts'
import {
  type ClusterState,
  describeCluster,
  type SupportedFeature,
  supportedFeatures,
} from '../client/cluster-state.ts'
import { topicConfig } from '../client/configs.ts'
import { type BrokerSizes, replicaSizes } from '../client/log-dirs.ts'
import { describePartitions, listReassignments, type PartitionState } from '../client/partitions.ts'
import { describeQuorum, type Quorum } from '../client/quorum.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { type Io, write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { printJson, printTable } from '../format/print.ts'
import { counted, formatSize } from '../units.ts'

export interface NodeView {
  readonly id: number
  readonly roles: readonly string[]
  readonly rack: string | null
  readonly address: string | null
  /** `down`: known, and neither fenced nor answering. A controller alone is only known by its log. */
  readonly state: 'up' | 'fenced' | 'down' | 'controller'
  readonly leaders: number
  readonly replicas: number
  /** Replicas that are not in sync. */
  readonly outOfSync: number
  readonly usedBytes: number | null
  readonly failedDirs: readonly string[]
  /** The levels that its software can serve; null where it does not answer. */
  readonly supports: readonly SupportedFeature[] | null
}

export interface Health {
  readonly topics: number
  readonly partitions: number
  readonly underReplicated: number
  readonly belowMinInsync: number
  readonly leaderless: number
}

export const clusterStatus = defineClientCommand({
  positionals: '',
  options: { check: flag('End with exit code 1 unless all is well.') },
  notes: `VERSIONS are the levels of metadata.version that the software of a node can serve: in the
middle of an upgrade they differ.
All is well when every broker is up, every partition has a leader and all its replicas in sync, and
no disk has failed.`,
  async run({ options, cluster, io, json }) {
    const state = await describeCluster(cluster)
    const quorum = await describeQuorum(cluster)
    const partitions = await describePartitions(cluster, null)
    const up = state.brokers.filter(({ fenced }) => !fenced).map(({ id }) => id)
    const sizes = await replicaSizes(cluster, up)
    const supports = await supportedFeatures(cluster, up)
    const reassigning = (await listReassignments(cluster)).length
    const nodes = nodesOf({ state, quorum, partitions, sizes, supports })
    const health = healthOf(partitions, await minInsyncReplicas(cluster, partitions))
    const problems = problemsOf(nodes, health)
    if (json) {
      const { leaderId, epoch } = quorum
      const { clusterId, features } = state
      const controller = { id: leaderId, epoch }
      const found = { clusterId, controller, features, nodes, ...health, reassigning, problems }
      await printJson(io, found)
    } else {
      await print(io, { state, quorum, nodes, health, reassigning, problems })
    }
    if (options.check && problems.length > 0) throw new CommandError(problems.join('; '))
  },
})

async function minInsyncReplicas(
  cluster: Cluster,
  partitions: readonly PartitionState[],
): Promise<Map<string, number>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const values = await topicConfig(cluster, topics, 'min.insync.replicas')
  return new Map([...values].map(([topic, value]) => [topic, Number(value)]))
}

export function healthOf(
  partitions: readonly PartitionState[],
  minInsync: ReadonlyMap<string, number>,
): Health {
  const count = (is: (partition: PartitionState) => boolean) => partitions.filter(is).length
  return {
    topics: new Set(partitions.map(({ topic }) => topic)).size,
    partitions: partitions.length,
    underReplicated: count(({ isr, replicas }) => isr.length < replicas.length),
    belowMinInsync: count(
      // A topic of fewer replicas than that needs all it has.
      ({ topic, isr, replicas }) =>
        isr.length < Math.min(minInsync.get(topic) ?? 1, replicas.length),
    ),
    leaderless: count(({ leader }) => leader < 0),
  }
}

interface Found {
  readonly state: ClusterState
  readonly quorum: Quorum
  readonly partitions: readonly PartitionState[]
  readonly sizes: ReadonlyMap<number, BrokerSizes>
  readonly supports: ReadonlyMap<number, readonly SupportedFeature[]>
}

export function nodesOf({ state, quorum, partitions, sizes, supports }: Found): NodeView[] {
  const brokers = new Map(state.brokers.map((broker) => [broker.id, broker]))
  const voters = new Map(
    quorum.members.filter(({ isVoter }) => isVoter).map((one) => [one.id, one]),
  )
  const ids = [...new Set([...brokers.keys(), ...voters.keys()])].sort((a, b) => a - b)
  return ids.map((id) => {
    const broker = brokers.get(id)
    const disk = sizes.get(id)
    const held = partitions.filter(({ replicas }) => replicas.includes(id))
    const [listener] = voters.get(id)?.listeners ?? []
    const address = broker ?? listener
    return {
      id,
      roles: [...(broker ? ['broker'] : []), ...(voters.has(id) ? ['controller'] : [])],
      rack: broker?.rack ?? null,
      address: address === undefined ? null : `${address.host}:${address.port}`,
      state: stateOf(broker, disk),
      leaders: held.filter(({ leader }) => leader === id).length,
      replicas: held.length,
      outOfSync: held.filter(({ isr }) => !isr.includes(id)).length,
      usedBytes: disk?.usedBytes ?? null,
      failedDirs: disk?.failedDirs ?? [],
      supports: supports.get(id) ?? null,
    }
  })
}

function stateOf(
  broker: { fenced: boolean } | undefined,
  disk: BrokerSizes | undefined,
): NodeView['state'] {
  if (broker === undefined) return 'controller'
  if (broker.fenced) return 'fenced'
  return disk === undefined ? 'down' : 'up'
}

/** What is wrong, a sentence each. */
export function problemsOf(nodes: readonly NodeView[], health: Health): string[] {
  const problems: string[] = []
  if (!nodes.some(({ roles }) => roles.includes('broker'))) problems.push('there is no broker')
  for (const { id, state, failedDirs } of nodes) {
    if (state === 'fenced' || state === 'down') problems.push(`broker ${id} is ${state}`)
    for (const dir of failedDirs) problems.push(`broker ${id}: ${dir} has failed`)
  }
  const { leaderless, belowMinInsync, underReplicated } = health
  const say = (count: number, what: string) => {
    if (count > 0) problems.push(`${counted(count, 'partition')} ${what}`)
  }
  say(leaderless, 'without a leader')
  say(belowMinInsync, 'with fewer replicas in sync than min.insync.replicas')
  say(underReplicated, 'with replicas out of sync')
  return problems
}

/** Of the feature that every Kafka has, by which nodes of two releases are told apart. */
function versionsOf(supports: NodeView['supports']): string | null {
  const found = supports?.find(({ name }) => name === 'metadata.version')
  return found === undefined ? null : `${found.min}-${found.max}`
}

interface Shown {
  readonly state: ClusterState
  readonly quorum: Quorum
  readonly nodes: readonly NodeView[]
  readonly health: Health
  readonly reassigning: number
  readonly problems: readonly string[]
}

async function print(io: Io, shown: Shown): Promise<void> {
  const { state, quorum, nodes, health, reassigning, problems } = shown
  const levels = state.features.map(({ name, level }) => `, ${name} ${level}`).join('')
  const leader = quorum.leaderId < 0 ? 'none' : `${quorum.leaderId} (epoch ${quorum.epoch})`
  const moving = reassigning === 0 ? '' : `, ${reassigning} being reassigned`
  const summary = problems.length === 0 ? 'all is well' : problems.join('\n')
  await write(
    io.stdout,
    `cluster ${state.clusterId}, controller ${leader}${levels}\n` +
      `${counted(health.topics, 'topic')}, ${counted(health.partitions, 'partition')}${moving}\n` +
      `${summary}\n\n`,
  )
  await printTable<NodeView>(
    io,
    [
      { title: 'NODE', value: ({ id }) => id },
      { title: 'ROLES', value: ({ roles }) => roles.join(',') },
      { title: 'STATE', value: ({ state: one }) => (one === 'controller' ? null : one) },
      { title: 'RACK', value: ({ rack }) => rack },
      { title: 'ADDRESS', value: ({ address }) => address },
      { title: 'VERSIONS', value: ({ supports }) => versionsOf(supports) },
      { title: 'LEADERS', value: ({ leaders }) => leaders },
      { title: 'REPLICAS', value: ({ replicas }) => replicas },
      { title: 'OUT OF SYNC', value: ({ outOfSync }) => outOfSync },
      {
        title: 'DATA',
        value: ({ usedBytes }) => (usedBytes === null ? null : formatSize(usedBytes)),
      },
    ],
    nodes,
  )
}
