// `samsa group describe`: for each partition that a group reads, how far it has come, how far it is
// behind, and which member has it; and the configs that it has of its own.

import type { Cluster } from '../client/cluster.ts'
import { type Config, describeConfigs } from '../client/configs.ts'
import { isUnknownTopic, KafkaError } from '../client/errors.ts'
import {
  describeGroup,
  fetchOffsets,
  type GroupDescription,
  type GroupMember,
} from '../client/groups.ts'
import { latestTimestamp, listOffsets, type TopicPartition } from '../client/offsets.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { type Io, write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { printJson, printTable } from '../format/print.ts'

interface PartitionRow extends TopicPartition {
  readonly committedOffset: number | null
  readonly logEndOffset: number | null
  readonly lag: number | null
  readonly memberId: string | null
  readonly clientId: string | null
  readonly host: string | null
}

interface GroupView {
  readonly group: GroupDescription
  readonly partitions: readonly PartitionRow[]
  readonly configs: readonly Config[]
}

export const groupDescribe = defineClientCommand({
  positionals: '<group>...',
  positionalsMin: 1,
  options: { members: flag('Show the members with their partitions instead of the offsets.') },
  async run({ options, positionals, cluster, io, json }) {
    const views: GroupView[] = []
    for (const groupId of positionals) views.push(await viewOf(cluster, groupId))
    if (json) {
      return await printJson(
        io,
        views.map(({ group, partitions, configs }) => ({
          ...group,
          partitions,
          configs: Object.fromEntries(configs.map(({ name, value }) => [name, value])),
        })),
      )
    }
    for (const [index, view] of views.entries()) {
      if (index > 0) await write(io.stdout, '\n')
      await printView(io, view, options.members)
    }
  },
})

async function viewOf(cluster: Cluster, groupId: string): Promise<GroupView> {
  const group = await describeGroup(cluster, groupId)
  const committed = await fetchOffsets(cluster, groupId, null)
  const owners = new Map<string, GroupMember>()
  for (const member of group.members) {
    for (const owned of member.partitions) owners.set(keyOf(owned), member)
  }
  const offsets = new Map(committed.map((one) => [keyOf(one), one.offset]))
  const assigned = group.members.flatMap(({ partitions }) => partitions)
  const all = new Map([...committed, ...assigned].map((one) => [keyOf(one), one]))
  const ends = await endOffsets(cluster, [...all.values()])
  const partitions = [...all].map(([key, { topic, partition }]) => {
    const committedOffset = offsets.get(key) ?? null
    const logEndOffset = ends.get(key) ?? null
    const owner = owners.get(key)
    const isKnown = committedOffset !== null && logEndOffset !== null
    return {
      topic,
      partition,
      committedOffset,
      logEndOffset,
      lag: isKnown ? Math.max(0, logEndOffset - committedOffset) : null,
      memberId: owner?.memberId ?? null,
      clientId: owner?.clientId ?? null,
      host: owner?.host ?? null,
    }
  })
  const configs = await ownConfigs(cluster, groupId)
  return { group, partitions: partitions.sort(byTopicPartition), configs }
}

/** Older Kafka has no configs of groups (KIP-848 brought them), and says so one way or another. */
async function ownConfigs(cluster: Cluster, groupId: string): Promise<readonly Config[]> {
  try {
    const configs = await describeConfigs(cluster, { type: 'group', name: groupId }, null)
    return configs.filter(({ source }) => source === 'group')
  } catch (error) {
    if (error instanceof KafkaError) return []
    throw error
  }
}

/** Ends of the logs, without those of topics that are gone: a group may keep offsets of them. */
async function endOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  for (const topic of new Set(partitions.map((one) => one.topic))) {
    const queries = partitions
      .filter((one) => one.topic === topic)
      .map((one) => ({ topic, partition: one.partition, timestamp: latestTimestamp }))
    try {
      const found = await listOffsets(cluster, queries)
      for (const one of found) ends.set(keyOf(one), one.offset)
    } catch (error) {
      if (!isUnknownTopic(error)) throw error
    }
  }
  return ends
}

async function printView(
  io: Io,
  { group, partitions, configs }: GroupView,
  members: boolean,
): Promise<void> {
  const { groupId, state, protocol, coordinator } = group
  const assignor = protocol === '' ? '' : `, assignor ${protocol}`
  const title = `group ${groupId}: ${state}${assignor}, coordinator ${coordinator}\n`
  await write(io.stdout, title)
  const settings = configs.map(({ name, value }) => `${name}=${value ?? ''}`).join(', ')
  if (settings !== '') await write(io.stdout, `configs: ${settings}\n`)
  if (members) {
    return await printTable<GroupMember>(
      io,
      [
        { title: 'MEMBER', value: ({ memberId }) => memberId },
        { title: 'INSTANCE', value: ({ instanceId }) => instanceId },
        { title: 'CLIENT', value: ({ clientId }) => clientId },
        { title: 'HOST', value: ({ host }) => host },
        { title: 'PARTITIONS', value: (member) => member.partitions.map(keyOf).join(',') },
      ],
      group.members,
    )
  }
  await printTable<PartitionRow>(
    io,
    [
      { title: 'TOPIC', value: ({ topic }) => topic },
      { title: 'PARTITION', value: ({ partition }) => partition },
      { title: 'COMMITTED', value: ({ committedOffset }) => committedOffset },
      { title: 'END', value: ({ logEndOffset }) => logEndOffset },
      { title: 'LAG', value: ({ lag }) => lag },
      { title: 'CLIENT', value: ({ clientId }) => clientId },
      { title: 'HOST', value: ({ host }) => host },
      { title: 'MEMBER', value: ({ memberId }) => memberId },
    ],
    partitions,
  )
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function byTopicPartition(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}
