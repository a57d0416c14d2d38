// `samsa group list`: the groups of all brokers, with their state.

import { type ListedGroup, listGroups } from '../client/groups.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { printJson, printTable } from '../format/print.ts'

export const groupList = defineClientCommand({
  positionals: '',
  options: {},
  async run({ cluster, io, json }) {
    const groups = await listGroups(cluster)
    if (json) return await printJson(io, groups)
    await printTable<ListedGroup>(
      io,
      [
        { title: 'GROUP', value: ({ groupId }) => groupId },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'TYPE', value: ({ type }) => type },
        { title: 'PROTOCOL', value: ({ protocolType }) => protocolType },
        { title: 'COORDINATOR', value: ({ coordinator }) => coordinator },
      ],
      groups,
    )
  },
})
