// `samsa topic describe`: partitions with leader, replicas and offsets, and the configs that differ
// from default.

import type { Cluster, Partition, Topic } from '../client/cluster.ts'
import { type Config, describeConfigs } from '../client/configs.ts'
import { earliestTimestamp, latestTimestamp, listOffsets } from '../client/offsets.ts'
import { describePartitions, type PartitionState } from '../client/partitions.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { type Io, write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { printJson } from '../format/print.ts'
import { formatTable } from '../format/table.ts'

interface PartitionView extends Partition {
  /** Not in sync, and may lead all the same (KIP-966); null where the cluster cannot tell. */
  readonly elr: readonly number[] | null
  /** Replicas whose broker or disk is gone. */
  readonly offline: readonly number[]
  /** null while the partition has no leader to ask. */
  readonly logStartOffset: number | null
  readonly logEndOffset: number | null
}

interface TopicView {
  readonly topic: Topic
  readonly partitions: readonly PartitionView[]
  readonly configs: readonly Config[]
}

export const topicDescribe = defineClientCommand({
  positionals: '[topic]...',
  options: {
    internal: flag('With no topic named: include the internal ones.'),
    unavailable: flag('Show only partitions without a leader or with replicas out of sync.'),
  },
  notes: `The first replica is the preferred leader. ELIGIBLE are replicas that have fallen out of
sync and still hold every record that was acknowledged: they may lead when no replica in sync is
left.`,
  async run({ options, positionals, cluster, io, json }) {
    const named = positionals.length > 0
    const all = await cluster.retrying(() => cluster.refresh(named ? positionals : null), {
      unknownTopicPatienceMs: 0,
    })
    const topics = all.filter(({ isInternal }) => named || options.internal || !isInternal)
    const names = topics.map(({ name }) => name)
    const states = new Map(
      (await describePartitions(cluster, names)).map((one) => [`${one.topic}-${one.index}`, one]),
    )
    const views: TopicView[] = []
    for (const topic of topics) views.push(await viewOf(cluster, topic, states))
    const shown = options.unavailable ? views.map(onlyUnavailable).filter(isNotEmpty) : views
    if (json) return await printJson(io, shown.map(toJson))
    for (const [index, view] of shown.entries()) await printView(io, view, index > 0)
  },
})

async function viewOf(
  cluster: Cluster,
  topic: Topic,
  states: ReadonlyMap<string, PartitionState>,
): Promise<TopicView> {
  const led = topic.partitions.filter(({ leader }) => leader >= 0)
  const at = async (timestamp: number) => {
    const queries = led.map(({ index }) => ({ topic: topic.name, partition: index, timestamp }))
    const found = await listOffsets(cluster, queries)
    return new Map(found.map(({ partition, offset }) => [partition, offset]))
  }
  const [starts, ends] = [await at(earliestTimestamp), await at(latestTimestamp)]
  const configs = await describeConfigs(cluster, { type: 'topic', name: topic.name }, null)
  return {
    topic,
    partitions: topic.partitions.map((partition) => ({
      ...partition,
      elr: states.get(`${topic.name}-${partition.index}`)?.elr ?? null,
      offline: states.get(`${topic.name}-${partition.index}`)?.offline ?? [],
      logStartOffset: starts.get(partition.index) ?? null,
      logEndOffset: ends.get(partition.index) ?? null,
    })),
    configs: configs.filter(({ source }) => source === 'topic'),
  }
}

function onlyUnavailable(view: TopicView): TopicView {
  return { ...view, partitions: view.partitions.filter(isUnavailable) }
}

function isUnavailable({ leader, isr, replicas }: PartitionView): boolean {
  return leader < 0 || isr.length < replicas.length
}

function isNotEmpty({ partitions }: TopicView): boolean {
  return partitions.length > 0
}

function toJson({ topic, partitions, configs }: TopicView): unknown {
  return {
    name: topic.name,
    id: topic.id,
    isInternal: topic.isInternal,
    partitions,
    configs: Object.fromEntries(configs.map(({ name, value }) => [name, value])),
  }
}

async function printView(io: Io, view: TopicView, isFurther: boolean): Promise<void> {
  const { topic, partitions, configs } = view
  const settings = configs.map(({ name, value }) => `${name}=${value ?? ''}`).join(', ')
  const title = `${isFurther ? '\n' : ''}topic ${topic.name}, id ${topic.id}\n`
  await write(io.stdout, title)
  if (settings !== '') await write(io.stdout, `configs: ${settings}\n`)
  const table = formatTable<PartitionView>(
    [
      { title: 'PARTITION', value: ({ index }) => index },
      { title: 'LEADER', value: ({ leader }) => (leader < 0 ? 'none' : leader) },
      { title: 'REPLICAS', value: ({ replicas }) => replicas.join(',') },
      { title: 'IN SYNC', value: ({ isr }) => isr.join(',') },
      { title: 'ELIGIBLE', value: ({ elr }) => elr?.join(',') ?? null },
      { title: 'START', value: ({ logStartOffset }) => logStartOffset },
      { title: 'END', value: ({ logEndOffset }) => logEndOffset },
    ],
    partitions,
  )
  await write(io.stdout, table)
}
