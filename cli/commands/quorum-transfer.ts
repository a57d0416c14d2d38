// `samsa quorum transfer`: has another controller lead, as before work on the machine of the one
// that does. Kafka's protocol has no request for it: this works with Samsa only.

import { readFileSync } from 'node:fs'
import { askController, type NodeKeyTexts } from '../client/controller-ask.ts'
import { describeQuorum } from '../client/quorum.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { text } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const quorumTransfer = defineClientCommand({
  positionals: '[node]',
  positionalsMax: 1,
  options: {
    nodeKey: text('FILE', 'Key and certificate of a node in PEM, where nodes talk by TLS.'),
    nodeCa: text('FILE', 'The certificates that nodes trust.'),
  },
  notes: `Without a node, any voter that has caught up. The request goes to the controllers' own
listener: run it where that is reached. Where nodes talk by TLS it shows a node's certificate:
  samsa quorum transfer 2 --node-key node-1.pem --node-ca nodes-ca.pem`,
  async run({ positionals, options, cluster, io, json }) {
    const keys = readKeys(options)
    const wanted = positionals.length === 0 ? null : parseNodeId(positionals[0])
    const before = await describeQuorum(cluster)
    const isVoter = before.members.some((member) => member.isVoter && member.id === wanted)
    if (wanted !== null && !isVoter) throw new CommandError(`node ${wanted} is no voter`)
    if (wanted !== before.leaderId) {
      await askController(before, 'transferLeadership', [wanted], {
        timeoutMs: cluster.requestTimeoutMs,
        signal: cluster.signal,
        keys,
      })
    }
    const { leaderId, epoch } = await describeQuorum(cluster)
    if (json) return await printJson(io, { from: before.leaderId, to: leaderId, epoch })
    await write(io.stdout, `controller ${leaderId} leads, in epoch ${epoch}\n`)
  },
})

function readKeys({ nodeKey, nodeCa }: KeyFiles): NodeKeyTexts | null {
  if (nodeKey === undefined && nodeCa === undefined) return null
  if (nodeKey === undefined || nodeCa === undefined) {
    throw new UsageError('--node-key and --node-ca go together')
  }
  return { shown: readFile(nodeKey), trusted: readFile(nodeCa) }
}

interface KeyFiles {
  readonly nodeKey: string | undefined
  readonly nodeCa: string | undefined
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${(error as Error).message}`, 1)
  }
}
