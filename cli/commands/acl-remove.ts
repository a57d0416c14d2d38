// `samsa acl remove`: takes entries away, and tells which.

import { removeAcls } from '../client/acls.ts'
import { aclOptions, filtersOf } from '../command/acl-options.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import { textOf } from './acl-list.ts'

export const aclRemove = defineClientCommand({
  positionals: '',
  options: { ...aclOptions, all: flag('Every entry of the cluster.') },
  notes: `Removes all entries that the options name, as 'samsa acl list' with the same options lists
them: allowed and denied, literal and prefixed, unless one of these is named.

Example:
  samsa acl remove --principal User:alice --topic orders`,
  async run({ options, cluster, io, json }) {
    const filters = filtersOf(options)
    const isAll = filters.every((filter) => Object.keys(filter).length === 0)
    if (isAll !== options.all) {
      throw new UsageError('name the entries to remove, or give --all and nothing else')
    }
    const removed = await removeAcls(cluster, filters)
    if (removed.length === 0) {
      throw new CommandError("there is no such entry; 'samsa acl list' shows what there is")
    }
    if (json) return await printJson(io, removed)
    for (const acl of removed) await write(io.stdout, `removed: ${textOf(acl)}\n`)
  },
})
