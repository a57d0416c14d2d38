// `samsa user remove`: takes users' SCRAM passwords away, of all mechanisms or of one.

import { alterScram, describeScram } from '../client/users.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { choice } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const userRemove = defineClientCommand({
  positionals: '<user>...',
  positionalsMin: 1,
  options: {
    mechanism: choice(['SCRAM-SHA-256', 'SCRAM-SHA-512'], 'Only that of this mechanism.'),
  },
  notes: `Connections that stand stay logged in. ACLs and quotas of the users stay:
'samsa acl remove' and 'samsa quota remove' take them away.`,
  async run({ options, positionals, cluster, io, json }) {
    const removed: unknown[] = []
    for (const user of positionals) {
      const present = await describeScram(cluster, user)
      const mechanisms = present.filter((one) => one === (options.mechanism ?? one))
      if (mechanisms.length === 0) {
        throw new CommandError(
          `user ${user} has no SCRAM password${options.mechanism ? ` of ${options.mechanism}` : ''}` +
            "; 'samsa user list' shows who has",
        )
      }
      await alterScram(cluster, user, { set: [], remove: mechanisms })
      removed.push({ user, mechanisms })
      if (!json) await write(io.stdout, `user ${user}: ${mechanisms.join(', ')} removed\n`)
    }
    if (json) await printJson(io, removed)
  },
})
