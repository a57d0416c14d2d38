// `samsa user list`: who can log in by SCRAM, and by which mechanisms.

import { listScram, type ScramUser } from '../client/users.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { printJson, printTable } from '../format/print.ts'

export const userList = defineClientCommand({
  positionals: '',
  options: {},
  notes: `Users of PLAIN are in the configuration of brokers, those of TLS in their certificates:
neither are listed.`,
  async run({ cluster, io, json }) {
    const users = await listScram(cluster)
    if (json) return await printJson(io, users)
    const rows = users.flatMap(({ name, credentials }) =>
      credentials.map((credential) => ({ name, ...credential })),
    )
    await printTable<{ name: string } & ScramUser['credentials'][number]>(
      io,
      [
        { title: 'USER', value: ({ name }) => name },
        { title: 'MECHANISM', value: ({ mechanism }) => mechanism },
        { title: 'ITERATIONS', value: ({ iterations }) => String(iterations) },
      ],
      rows,
    )
  },
})
