// `kubectl samsa status`: how a cluster stands, in one look: conditions, nodes, listeners, and what
// a roll or a rebalance waits for.

import { type Io, write } from '../command/io.ts'
import { printJson, printTable } from '../format/print.ts'
import { defineKubeCommand, type KubeInvocation } from './kube-command.ts'

type Cluster = KubeInvocation<Record<string, never>>['cluster']

export const kubeStatus = defineKubeCommand({
  options: {},
  notes: `Examples:
  kubectl samsa status
  kubectl samsa status orders -n streams`,
  async run({ cluster, io, json }) {
    const { metadata, spec, status } = cluster
    if (json) return await printJson(io, { name: metadata.name, spec, status })
    await write(io.stdout, `${summary(cluster)}\n`)
    await printTable(io, conditionColumns, status?.conditions ?? [])
    await write(io.stdout, '\n')
    await printTable(io, nodeColumns(cluster), status?.nodes ?? [])
    await write(io.stdout, '\n')
    await printTable(io, listenerColumns, status?.listeners ?? [])
    await printRollout(io, cluster)
  },
})

function summary({ metadata, spec, status }: Cluster): string {
  const { generation } = metadata
  const isNews = status?.observedGeneration !== generation
  const lines = [
    `KafkaCluster ${metadata.namespace}/${metadata.name}, generation ${generation}` +
      (isNews ? ' (not seen by the operator yet)' : ''),
    `cluster id ${status?.clusterId ?? 'not known yet'}, version ${status?.version ?? '-'}, ` +
      `${status?.readyBrokers ?? 0} of ${status?.brokers ?? 0} brokers ready`,
    ...(spec.paused ? ['paused: nothing is changed'] : []),
  ]
  return `${lines.join('\n')}\n`
}

type Status = NonNullable<Cluster['status']>
type Condition = NonNullable<Status['conditions']>[number]
type Node = NonNullable<Status['nodes']>[number]
type Listener = NonNullable<Status['listeners']>[number]

const conditionColumns = [
  { title: 'CONDITION', value: (one: Condition) => one.type },
  { title: 'STATUS', value: (one: Condition) => one.status },
  { title: 'REASON', value: (one: Condition) => one.reason },
  { title: 'MESSAGE', value: (one: Condition) => (one.message === '' ? null : one.message) },
]

const nodeColumns = ({ status }: Cluster) => [
  { title: 'NODE', value: (node: Node) => node.id },
  { title: 'POOL', value: (node: Node) => node.pool },
  { title: 'ROLES', value: (node: Node) => node.roles.join(',') },
  { title: 'ZONE', value: (node: Node) => node.zone ?? null },
  { title: 'READY', value: (node: Node) => (node.ready ? 'yes' : 'no') },
  { title: 'VOTER', value: (node: Node) => voterText(status, node.id) },
]

function voterText(status: Status | undefined, id: number): string | null {
  if (status?.leader === id) return 'leader'
  return status?.voters?.includes(id) === true ? 'voter' : null
}

const listenerColumns = [
  { title: 'LISTENER', value: (one: Listener) => one.name },
  { title: 'BOOTSTRAP', value: (one: Listener) => one.bootstrap ?? null },
]

async function printRollout(io: Io, { status }: Cluster): Promise<void> {
  const { rollout, rebalance } = status ?? {}
  if (rollout !== undefined) {
    const { remaining = 0, next, reason, blockedBy = [] } = rollout
    const why = reason === undefined ? '' : ` (${reason})`
    await write(io.stdout, `\nroll: ${remaining} pods to go, next ${next ?? '-'}${why}\n`)
    for (const text of blockedBy) await write(io.stdout, `  waits: ${text}\n`)
  }
  if (rebalance !== undefined && rebalance.state !== 'Done') {
    const { state = '', message = '', movingPartitions = 0 } = rebalance
    await write(io.stdout, `\n${state}: ${movingPartitions} partitions ${message}\n`)
  }
}
