// `samsa partition elect`: has preferred replicas lead again, or any replica that is alive where a
// partition has no leader left.

import {
  describePartitions,
  type ElectionType,
  electLeaders,
  type PartitionState,
} from '../client/partitions.ts'
import { isChosen, parsePartitions } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { note, printJson, printTable } from '../format/print.ts'
import { counted } from '../units.ts'
import { throwRefused } from './partition-moves.ts'
import { executeHint, executeOptions } from './partition-options.ts'
import { checkChoices } from './partition-survey.ts'

export const partitionElect = defineClientCommand({
  positionals: '[topic[:partitions]]...',
  options: {
    unclean: flag(
      'Let replicas lead that are not in sync: RECORDS THAT WERE ACKNOWLEDGED ARE LOST.',
    ),
    ...executeOptions,
  },
  notes: `Shows which partitions are not led as they should be; with --execute also has leaders
elected. The preferred leader of a partition is its first replica. With --unclean only partitions
without a leader are looked at.

Examples:
  samsa partition elect --execute
  samsa partition elect orders:3 --unclean --execute`,
  async run({ options, positionals, cluster, io, json }) {
    const choices = positionals.map(parsePartitions)
    const topics = [...new Set(choices.map(({ topic }) => topic))]
    const all = await describePartitions(cluster, topics.length === 0 ? null : topics)
    checkChoices(all, choices)
    const type: ElectionType = options.unclean ? 'unclean' : 'preferred'
    const wanted = all.filter((one) => isChosen(choices, one) && needsElection(one, type))
    if (!json) {
      if (wanted.length === 0)
        return await write(io.stdout, 'every partition is led as it should\n')
      await printTable(io, columns(type), wanted)
    }
    const carriesOut = (options.execute || options.yes) && wanted.length > 0
    const results = carriesOut ? await electLeaders(cluster, type, wanted) : null
    if (json) {
      await printJson(io, {
        partitions: wanted,
        elected: results?.elected ?? [],
        refused: (results?.refused ?? []).map(({ topic, index, error }) => ({
          topic,
          index,
          error: error.kafkaError,
        })),
      })
    } else if (results === null) {
      await note(io, executeHint)
    } else {
      await write(io.stdout, `${counted(results.elected.length, 'leader')} elected\n`)
    }
    throwRefused(results?.refused ?? [])
  },
})

export function needsElection(partition: PartitionState, type: ElectionType): boolean {
  const { leader, replicas } = partition
  return type === 'unclean' ? leader < 0 : leader !== replicas[0]
}

function columns(type: ElectionType) {
  return [
    { title: 'PARTITION', value: ({ topic, index }: PartitionState) => `${topic}-${index}` },
    { title: 'LEADER', value: ({ leader }: PartitionState) => (leader < 0 ? 'none' : leader) },
    ...(type === 'preferred'
      ? [{ title: 'PREFERRED', value: ({ replicas }: PartitionState) => replicas[0] ?? null }]
      : []),
    { title: 'REPLICAS', value: ({ replicas }: PartitionState) => replicas.join(',') },
    { title: 'IN SYNC', value: ({ isr }: PartitionState) => isr.join(',') },
  ]
}
