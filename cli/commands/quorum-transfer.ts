// `samsa quorum transfer`: has another controller lead, as before work on the machine of the one
// that does. Kafka's protocol has no request for it: this works with Samsa only.

import { askController } from '../client/controller-ask.ts'
import { describeQuorum } from '../client/quorum.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const quorumTransfer = defineClientCommand({
  positionals: '[node]',
  positionalsMax: 1,
  options: {},
  notes: `Without a node, any voter that has caught up. The request goes to the controllers' own
listener: run it where that is reached.`,
  async run({ positionals, cluster, io, json }) {
    const wanted = positionals.length === 0 ? null : parseNodeId(positionals[0])
    const before = await describeQuorum(cluster)
    const isVoter = before.members.some((member) => member.isVoter && member.id === wanted)
    if (wanted !== null && !isVoter) throw new CommandError(`node ${wanted} is no voter`)
    if (wanted !== before.leaderId) {
      await askController(before, 'transferLeadership', [wanted], {
        timeoutMs: cluster.requestTimeoutMs,
        signal: cluster.signal,
      })
    }
    const { leaderId, epoch } = await describeQuorum(cluster)
    if (json) return await printJson(io, { from: before.leaderId, to: leaderId, epoch })
    await write(io.stdout, `controller ${leaderId} leads, in epoch ${epoch}\n`)
  },
})
