// `samsa quorum remove`: takes a controller out of the voters, whether it runs or not.

import { describeQuorum, removeVoter } from '../client/quorum.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { text } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const quorumRemove = defineClientCommand({
  positionals: '<node>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    directoryId: text('ID', 'Which voter, where a node has two: one of a disk that is gone.'),
  },
  notes: `Remove a controller before its disk is wiped or its machine goes away: a quorum of three
survives one that is gone, not one that is gone and another that fails.
With controller.quorum.auto.join.enable=true a controller that runs would add itself again: stop it
first.

Example:
  samsa quorum remove 4`,
  async run({ options, positionals, cluster, io, json }) {
    const id = parseNodeId(positionals[0])
    const quorum = await describeQuorum(cluster)
    const voters = quorum.members.filter((member) => member.isVoter && member.id === id)
    const [only, other] = voters
    if (options.directoryId === undefined && other !== undefined) {
      const directories = voters.map((voter) => voter.directoryId).join(', ')
      throw new UsageError(
        `node ${id} has several voters: give the --directory-id (${directories})`,
      )
    }
    const directoryId = options.directoryId ?? only?.directoryId
    if (directoryId === undefined) throw new CommandError(`node ${id} is no voter of the quorum`)
    await removeVoter(cluster, { id, directoryId })
    if (json) return await printJson(io, { id, directoryId, removed: true })
    await write(io.stdout, `node ${id} is no voter any more\n`)
  },
})
