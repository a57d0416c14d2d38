// `samsa config get`: configs with their values and where those come from.

import { type Config, describe, describeConfigs } from '../client/configs.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { resourceOf, resourceOptions } from '../command/config-resource.ts'
import { flag } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { note, printJson, printTable } from '../format/print.ts'

export const configGet = defineClientCommand({
  positionals: '[name]...',
  options: {
    ...resourceOptions,
    all: flag('Show configs that have their default, too.'),
    doc: flag('Show what each config does.'),
  },
  notes: `Examples:
  samsa config get --topic orders --all
  samsa config get --broker 1 num.partitions`,
  async run({ options, positionals, cluster, io, json }) {
    const resource = resourceOf(options)
    const names = positionals.length > 0 ? positionals : null
    const found = await describeConfigs(cluster, resource, names, options.doc)
    const missing = positionals.find((name) => found.every((config) => config.name !== name))
    if (missing !== undefined) {
      throw new CommandError(`${describe(resource)} has no config ${missing}`)
    }
    const shown = found
      .filter(({ isDefault }) => names !== null || options.all || !isDefault)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    if (json) return await printJson(io, shown)
    if (shown.length === 0) {
      return await note(io, `${describe(resource)} has only defaults; --all shows them`)
    }
    await printTable<Config>(
      io,
      [
        { title: 'CONFIG', value: ({ name }) => name },
        { title: 'VALUE', value: ({ value, isSensitive }) => (isSensitive ? '(hidden)' : value) },
        { title: 'FROM', value: ({ source }) => source },
        { title: 'READ ONLY', value: ({ isReadOnly }) => (isReadOnly ? 'yes' : 'no') },
        ...(options.doc
          ? [{ title: 'MEANING', value: ({ documentation }: Config) => documentation }]
          : []),
      ],
      shown,
    )
  },
})
