// `samsa group reset`: moves the committed offsets of a group without members to a place in the
// log, never past either end of it.

import { assertNever } from '../assert-never.ts'
import type { Cluster } from '../client/cluster.ts'
import { KafkaError } from '../client/errors.ts'
import {
  type CommittedOffset,
  describeGroup,
  fetchOffsets,
  resetOffsets,
} from '../client/groups.ts'
import {
  earliestTimestamp,
  latestTimestamp,
  listOffsets,
  type TopicPartition,
} from '../client/offsets.ts'
import { parseTarget, type Target } from '../client/target.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { flag, integers, repeated, required, text } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { note, printJson, printTable } from '../format/print.ts'

interface Move extends TopicPartition {
  readonly from: number | null
  readonly to: number
}

export const groupReset = defineClientCommand({
  positionals: '<group>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    topic: repeated('NAME', 'A topic to reset; all that the group has offsets for if left out.'),
    partitions: integers('LIST', 'Only these partitions, as 0,3-5.'),
    to: required(
      text(
        'WHERE',
        'earliest, latest, an offset, a time (2026-01-31T12:00:00Z), or +N/-N to shift by.',
      ),
    ),
    dryRun: flag('Only show what would be done.'),
  },
  notes: `Example:
  samsa group reset billing --topic orders --to earliest
  samsa group reset billing --to=-100`,
  async run({ options, positionals, cluster, io, json }) {
    const [groupId = ''] = positionals
    const target = parseTarget('--to', options.to)
    if (!options.dryRun) await refuseMembers(cluster, groupId)
    const committed = await fetchOffsets(cluster, groupId, null)
    const partitions = await chosen(cluster, options.topic, options.partitions, committed)
    if (partitions.length === 0) {
      throw new CommandError(`group ${groupId} has no offsets to reset: name topics by --topic`)
    }
    const moves = await movesTo(cluster, target, partitions, committed)
    if (!options.dryRun) {
      const offsets = moves.map(({ topic, partition, to }) => ({ topic, partition, offset: to }))
      await resetOffsets(cluster, groupId, offsets)
    }
    if (json) return await printJson(io, moves)
    await printTable<Move>(
      io,
      [
        { title: 'TOPIC', value: ({ topic }) => topic },
        { title: 'PARTITION', value: ({ partition }) => partition },
        { title: 'FROM', value: ({ from }) => from },
        { title: 'TO', value: ({ to }) => to },
      ],
      moves,
    )
    if (options.dryRun) await note(io, 'nothing was changed (--dry-run)')
  },
})

/** A broker would refuse as well, but only by saying that the member is unknown. */
async function refuseMembers(cluster: Cluster, groupId: string): Promise<void> {
  try {
    const { members, state } = await describeGroup(cluster, groupId)
    if (members.length === 0) return
    throw new CommandError(
      `group ${groupId} is ${state} with ${members.length} member(s): stop them first; ` +
        "'samsa group describe --members' names them",
    )
  } catch (error) {
    // A reset makes a group that does not exist yet.
    if (error instanceof KafkaError && error.kafkaError === 'GROUP_ID_NOT_FOUND') return
    throw error
  }
}

async function chosen(
  cluster: Cluster,
  topics: readonly string[],
  indexes: readonly number[] | undefined,
  committed: readonly CommittedOffset[],
): Promise<TopicPartition[]> {
  const all: TopicPartition[] = []
  for (const name of topics) {
    const { partitions } = await cluster.topic(name)
    for (const { index } of partitions) all.push({ topic: name, partition: index })
  }
  const from = topics.length > 0 ? all : committed
  return from.filter(({ partition }) => indexes === undefined || indexes.includes(partition))
}

async function movesTo(
  cluster: Cluster,
  target: Target,
  partitions: readonly TopicPartition[],
  committed: readonly CommittedOffset[],
): Promise<Move[]> {
  const at = (timestamp: number) =>
    listOffsets(
      cluster,
      partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
    )
  const starts = await at(earliestTimestamp)
  const ends = await at(latestTimestamp)
  const byTime = target.kind === 'time' ? await at(target.timeMs) : []
  return partitions.map(({ topic, partition }, index) => {
    const start = starts[index]?.offset ?? 0
    const end = ends[index]?.offset ?? 0
    const from =
      committed.find((one) => one.topic === topic && one.partition === partition)?.offset ?? null
    const found = byTime[index]?.offset ?? -1
    const wanted = wantedOffset(target, { start, end, from, found })
    return { topic, partition, from, to: Math.min(end, Math.max(start, wanted)) }
  })
}

function wantedOffset(
  target: Target,
  at: { start: number; end: number; from: number | null; found: number },
): number {
  switch (target.kind) {
    case 'earliest':
      return at.start
    case 'latest':
      return at.end
    case 'offset':
      return target.offset
    case 'shift':
      // Without a committed offset a consumer starts at the end, unless told otherwise.
      return (at.from ?? at.end) + target.by
    case 'time':
      return at.found < 0 ? at.end : at.found
    default:
      return assertNever(target)
  }
}
