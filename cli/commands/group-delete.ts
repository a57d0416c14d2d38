// `samsa group delete`: forgets groups and their committed offsets, or the offsets of some topics
// alone.

import type { Cluster } from '../client/cluster.ts'
import { deleteGroup, deleteOffsets, fetchOffsets } from '../client/groups.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { integers, repeated } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const groupDelete = defineClientCommand({
  positionals: '<group>...',
  positionalsMin: 1,
  options: {
    topic: repeated('NAME', 'Forget only the offsets of this topic; the group stays.'),
    partitions: integers('LIST', 'Only those of these partitions, as 0,3-5.'),
  },
  notes: `Members must be gone; for the offsets of a topic it is enough that they do not read it.

Example:
  samsa group delete billing --topic orders --partitions 0-2`,
  async run({ options, positionals, cluster, io, json }) {
    if (options.partitions !== undefined && options.topic.length === 0) {
      throw new UsageError('--partitions needs the topic that they are of: give --topic')
    }
    const deleted: unknown[] = []
    for (const groupId of positionals) {
      const offsets = options.topic.length === 0 ? null : await committed(cluster, groupId, options)
      if (offsets === null) await deleteGroup(cluster, groupId)
      else await deleteOffsets(cluster, groupId, offsets)
      deleted.push({ groupId, deleted: true, ...(offsets !== null && { offsets }) })
      if (json) continue
      const what = offsets === null ? `group ${groupId}` : `${offsets.length} offsets of ${groupId}`
      await write(io.stdout, `${what} deleted\n`)
    }
    if (json) await printJson(io, deleted)
  },
})

async function committed(
  cluster: Cluster,
  groupId: string,
  wanted: {
    readonly topic: readonly string[]
    readonly partitions?: readonly number[] | undefined
  },
) {
  const all = await fetchOffsets(cluster, groupId, null)
  const chosen = all.filter(
    ({ topic, partition }) =>
      wanted.topic.includes(topic) && (wanted.partitions?.includes(partition) ?? true),
  )
  if (chosen.length === 0) {
    throw new CommandError(`group ${groupId} has no offsets of ${wanted.topic.join(', ')}`)
  }
  return chosen.map(({ topic, partition }) => ({ topic, partition }))
}
