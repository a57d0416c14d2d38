// `samsa quorum status`: who leads the controller quorum, its voters and observers, and how far
// each has come.

import { describeQuorum, type Quorum, type QuorumMember } from '../client/quorum.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { printJson, printTable } from '../format/print.ts'
import { formatDuration } from '../units.ts'

export const quorumStatus = defineClientCommand({
  positionals: '',
  options: {},
  notes: `A voter is a node with a metadata directory: a node whose disk was replaced comes back
with another directory, and is an observer until it is added.`,
  async run({ cluster, io, json }) {
    const quorum = await describeQuorum(cluster)
    if (json) return await printJson(io, quorum)
    const leader = quorum.leaderId < 0 ? 'none' : quorum.leaderId
    await write(
      io.stdout,
      `leader ${leader}, epoch ${quorum.epoch}, committed up to ${quorum.highWatermark}\n`,
    )
    await printTable<QuorumMember>(io, columns(quorum, Date.now()), quorum.members)
  },
})

export function columns(quorum: Quorum, nowMs: number) {
  const endOffset = Math.max(...quorum.members.map(({ logEndOffset }) => logEndOffset))
  const ago = (timeMs: number) =>
    timeMs < 0 ? null : `${formatDuration(Math.max(0, nowMs - timeMs))} ago`
  return [
    { title: 'NODE', value: ({ id }: QuorumMember) => id },
    { title: 'ROLE', value: (member: QuorumMember) => roleOf(quorum, member) },
    { title: 'DIRECTORY', value: ({ directoryId }: QuorumMember) => directoryId },
    { title: 'LOG END', value: ({ logEndOffset }: QuorumMember) => logEndOffset },
    { title: 'LAG', value: ({ logEndOffset }: QuorumMember) => endOffset - logEndOffset },
    { title: 'HEARD', value: ({ lastFetchMs }: QuorumMember) => ago(lastFetchMs) },
    { title: 'LEVEL', value: ({ lastCaughtUpMs }: QuorumMember) => ago(lastCaughtUpMs) },
    {
      title: 'LISTENERS',
      value: ({ listeners }: QuorumMember) =>
        listeners.map(({ name, host, port }) => `${name}://${host}:${port}`).join(','),
    },
  ]
}

function roleOf({ leaderId }: Quorum, { id, isVoter }: QuorumMember): string {
  if (!isVoter) return 'observer'
  return id === leaderId ? 'leader' : 'voter'
}
