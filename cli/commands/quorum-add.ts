// `samsa quorum add`: makes a controller that runs already a voter. Its directory and its listeners
// come from what the quorum knows of it as an observer, from its own configuration, or from the
// user.

import {
  addVoter,
  describeQuorum,
  type Listener,
  type Quorum,
  removeVoter,
} from '../client/quorum.ts'
import { parseNodeId } from '../command/arguments.ts'
import { type ClientInvocation, defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag, type OptionTable, repeated, text } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import type { ControllerIdentity } from '../serve/controller-identity.ts'

const options = {
  config: text('FILE', "The new controller's server.properties: says the rest, on its machine."),
  directoryId: text('ID', 'Its directory.id, as its meta.properties says it.'),
  listener: repeated('NAME://HOST:PORT', 'Where the other controllers reach it.'),
  replace: flag('Remove the voter that it was on its former disk first.'),
} satisfies OptionTable

export const quorumAdd = defineClientCommand({
  positionals: '[node]',
  positionalsMax: 1,
  options,
  notes: `Start the new controller first, with controller.quorum.bootstrap.servers naming some that
there are. It follows as an observer: samsa quorum status shows it, and its number is enough. A
Kafka that does not tell where observers listen needs its --config, or --directory-id and
--listener.
A controller whose disk was replaced is another voter than before: --replace removes the former one.
With controller.quorum.auto.join.enable=true it adds itself.

Examples:
  samsa quorum add 4
  samsa quorum add 4 --replace
  samsa quorum add --config /etc/samsa/server.properties
  samsa quorum add 4 --directory-id w73gwo_jCCgjdRpPTnnYPQ --listener CONTROLLER://node-4:9093`,
  async run(invocation) {
    const { cluster, io, json, options } = invocation
    const quorum = await describeQuorum(cluster)
    const voter = await voterOf(invocation, quorum)
    const former = formerVoter(quorum, voter, options.replace)
    if (former !== undefined) await removeVoter(cluster, former)
    await addVoter(cluster, voter)
    if (json) {
      return await printJson(io, { ...voter, added: true, replaced: former?.directoryId ?? null })
    }
    await write(io.stdout, `node ${voter.id} is a voter, with directory ${voter.directoryId}\n`)
  },
})

/** The voter of the same node on another disk: it has to go, and only by the user's word. */
function formerVoter({ members }: Quorum, voter: ControllerIdentity, mayReplace: boolean) {
  const former = members.find(
    ({ id, isVoter, directoryId }) =>
      isVoter && id === voter.id && directoryId !== voter.directoryId,
  )
  if (former === undefined || mayReplace) return former
  throw new CommandError(
    `node ${voter.id} is a voter with directory ${former.directoryId}: if that disk is gone, ` +
      '--replace removes it first',
  )
}

async function voterOf(
  { options: given, positionals }: ClientInvocation<typeof options>,
  quorum: Quorum,
): Promise<ControllerIdentity> {
  const own = await identityIn(given.config)
  const [node] = positionals
  if (node === undefined && own === undefined) throw new UsageError('give its number or --config')
  const id = node === undefined && own !== undefined ? own.id : parseNodeId(node)
  if (own !== undefined && own.id !== id) {
    throw new UsageError(`${given.config} is of node ${own.id}, and not of ${id}`)
  }
  const known = own ?? quorum.members.find((member) => member.id === id && !member.isVoter)
  const directoryId = given.directoryId ?? known?.directoryId
  const listeners =
    given.listener.length > 0 ? given.listener.map(parseListener) : (known?.listeners ?? [])
  if (directoryId === undefined) {
    const isVoter = quorum.members.some((member) => member.isVoter && member.id === id)
    throw new CommandError(
      isVoter
        ? `node ${id} is a voter already`
        : `node ${id} does not follow the quorum: start it, or give --config or --directory-id`,
    )
  }
  if (listeners.length === 0) {
    throw new UsageError(`it is not known where node ${id} listens: give --config or --listener`)
  }
  return { id, directoryId, listeners }
}

async function identityIn(file: string | undefined): Promise<ControllerIdentity | undefined> {
  if (file === undefined) return undefined
  // Loaded for this alone: it brings all of a node's configuration with it.
  const { controllerIdentity } = await import('../serve/controller-identity.ts')
  return controllerIdentity(file)
}

export function parseListener(given: string): Listener {
  const match = /^([A-Za-z0-9_]+):\/\/\[?([^\]]+?)\]?:(\d+)$/.exec(given)
  const [, name = '', host = '', port = ''] = match ?? []
  if (match === null || Number(port) > 65_535) {
    throw new UsageError(`--listener '${given}' is not of the form NAME://HOST:PORT`)
  }
  return { name, host, port: Number(port) }
}
