// `samsa group delete`: forgets groups and their committed offsets.

import { deleteGroup } from '../client/groups.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { printJson } from '../format/print.ts'

export const groupDelete = defineClientCommand({
  positionals: '<group>...',
  positionalsMin: 1,
  options: {},
  async run({ positionals, cluster, io, json }) {
    for (const groupId of positionals) {
      await deleteGroup(cluster, groupId)
      if (!json) await write(io.stdout, `group ${groupId} deleted\n`)
    }
    if (json)
      await printJson(
        io,
        positionals.map((groupId) => ({ groupId, deleted: true })),
      )
  },
})
