// `samsa quorum add`: makes a controller that runs already a voter. Its directory and its listeners
// are what the quorum knows of it as an observer, unless the user says them.

import { addVoter, describeQuorum, type Listener } from '../client/quorum.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { repeated, text } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const quorumAdd = defineClientCommand({
  positionals: '<node>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    directoryId: text('ID', 'Its directory.id, as its meta.properties says it.'),
    listener: repeated('NAME://HOST:PORT', 'Where the other controllers reach it.'),
  },
  notes: `Start the new controller first, with controller.quorum.bootstrap.servers or
controller.quorum.voters naming those that there are: 'samsa quorum status' then shows it as an
observer, and it can be added by its number alone.
With controller.quorum.auto.join.enable=true it adds itself.

Example:
  samsa quorum add 4`,
  async run({ options, positionals, cluster, io, json }) {
    const id = parseNodeId(positionals[0])
    const quorum = await describeQuorum(cluster)
    const known = quorum.members.find((member) => member.id === id && !member.isVoter)
    const directoryId = options.directoryId ?? known?.directoryId
    const listeners =
      options.listener.length > 0 ? options.listener.map(parseListener) : (known?.listeners ?? [])
    if (directoryId === undefined) {
      throw new CommandError(
        `node ${id} is no observer of the quorum: start it, or give its --directory-id`,
      )
    }
    if (listeners.length === 0) {
      throw new UsageError(`it is not known where node ${id} listens: give --listener`)
    }
    await addVoter(cluster, { id, directoryId, listeners })
    if (json) return await printJson(io, { id, directoryId, listeners, added: true })
    await write(io.stdout, `node ${id} is a voter, with directory ${directoryId}\n`)
  },
})

export function parseListener(given: string): Listener {
  const match = /^([A-Za-z0-9_]+):\/\/\[?([^\]]+?)\]?:(\d+)$/.exec(given)
  const [, name = '', host = '', port = ''] = match ?? []
  if (match === null || Number(port) > 65_535) {
    throw new UsageError(`--listener '${given}' is not of the form NAME://HOST:PORT`)
  }
  return { name, host, port: Number(port) }
}
