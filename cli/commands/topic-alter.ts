// `samsa topic alter`: more partitions, other configs.

import { type ConfigChange, changeConfigs } from '../client/configs.ts'
import { addPartitions, waitForLeaders } from '../client/topics.ts'
import { parsePair } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { integer, repeated } from '../command/options.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const topicAlter = defineClientCommand({
  positionals: '<topic>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    partitions: integer('COUNT', 'The number of partitions to have; it can only grow.', {
      min: 1,
      max: 1_000_000,
    }),
    config: repeated('NAME=VALUE', 'A config to set.'),
    deleteConfig: repeated('NAME', 'A config to put back to its default.'),
  },
  notes: `Records keep the partition they are in: with more partitions, new records of an old key
may go to another partition than its old ones.`,
  async run({ options, positionals, cluster, io, json }) {
    const [name = ''] = positionals
    const changes: ConfigChange[] = [
      ...options.config.map((pair) => {
        const [key, value] = parsePair('--config', pair)
        return { name: key, value }
      }),
      ...options.deleteConfig.map((key) => ({ name: key, value: null })),
    ]
    if (options.partitions === undefined && changes.length === 0) {
      throw new UsageError('nothing to change: give --partitions, --config or --delete-config')
    }
    if (changes.length > 0) await changeConfigs(cluster, { type: 'topic', name }, changes)
    if (options.partitions !== undefined) {
      await addPartitions(cluster, name, options.partitions)
      await waitForLeaders(cluster, [name])
    }
    if (json) return await printJson(io, { name, partitions: options.partitions ?? null, changes })
    await write(io.stdout, `topic ${name} changed\n`)
  },
})
