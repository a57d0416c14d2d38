// `samsa config set`: sets configs and puts others back to their default, all of them or none.

import { type ConfigChange, changeConfigs, describe } from '../client/configs.ts'
import { parsePair } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { resourceOf, resourceOptions } from '../command/config-resource.ts'
import { write } from '../command/io.ts'
import { flag, repeated } from '../command/options.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const configSet = defineClientCommand({
  positionals: '[name=value]...',
  options: {
    ...resourceOptions,
    delete: repeated('NAME', 'A config to put back to its default.'),
    validateOnly: flag('Only check that the change could be made.'),
  },
  notes: `Example:
  samsa config set --topic orders retention.ms=3600000 --delete max.message.bytes`,
  async run({ options, positionals, cluster, io, json }) {
    const resource = resourceOf(options)
    const changes: ConfigChange[] = [
      ...positionals.map((pair) => {
        const [name, value] = parsePair('argument', pair)
        return { name, value }
      }),
      ...options.delete.map((name) => ({ name, value: null })),
    ]
    if (changes.length === 0) throw new UsageError('nothing to change: give name=value or --delete')
    await changeConfigs(cluster, resource, changes, options.validateOnly)
    if (json) return await printJson(io, { ...resource, changes })
    const done = options.validateOnly ? 'could be changed' : 'changed'
    await write(io.stdout, `configs of ${describe(resource)} ${done}\n`)
  },
})
