// `samsa group alter`: the configs of a group, which may not exist yet.

import { type ConfigChange, changeConfigs } from '../client/configs.ts'
import { parsePair } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { repeated } from '../command/options.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const groupAlter = defineClientCommand({
  positionals: '<group>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    config: repeated('NAME=VALUE', 'A config to set.'),
    deleteConfig: repeated('NAME', 'A config to put back to its default.'),
  },
  notes: `Values must lie within the bounds that the brokers set. 'samsa config get --group G --all'
shows all configs of a group.

Example:
  samsa group alter billing --config consumer.session.timeout.ms=50000`,
  async run({ options, positionals, cluster, io, json }) {
    const [groupId = ''] = positionals
    const changes: ConfigChange[] = [
      ...options.config.map((pair) => {
        const [name, value] = parsePair('--config', pair)
        return { name, value }
      }),
      ...options.deleteConfig.map((name) => ({ name, value: null })),
    ]
    if (changes.length === 0) {
      throw new UsageError('nothing to change: give --config or --delete-config')
    }
    await changeConfigs(cluster, { type: 'group', name: groupId }, changes)
    if (json) return await printJson(io, { groupId, changes })
    await write(io.stdout, `group ${groupId} changed\n`)
  },
})
