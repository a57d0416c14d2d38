// `samsa cluster unregister`: forgets a broker that will not come back.

import { describeCluster, unregisterBroker } from '../client/cluster-state.ts'
import { describePartitions } from '../client/partitions.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import { counted } from '../units.ts'

export const clusterUnregister = defineClientCommand({
  positionals: '<node>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    force: flag('Also a broker that is up, or that partitions have replicas on.'),
  },
  notes: `Stop the broker first and move its partitions away:
  samsa partition rebalance --brokers 1-3 --execute
A broker that is running registers again when it is next started.`,
  async run({ options, positionals, cluster, io, json }) {
    const id = parseNodeId(positionals[0])
    const { brokers } = await describeCluster(cluster)
    const broker = brokers.find((one) => one.id === id)
    if (!options.force && broker?.fenced === false) {
      throw new CommandError(`broker ${id} is up: stop it first, or give --force`)
    }
    const held = (await describePartitions(cluster, null)).filter(({ replicas }) =>
      replicas.includes(id),
    )
    if (!options.force && held.length > 0) {
      throw new CommandError(
        `broker ${id} has replicas of ${counted(held.length, 'partition')}: ` +
          'move them first (samsa partition rebalance --brokers), or give --force',
      )
    }
    await unregisterBroker(cluster, id)
    if (json) return await printJson(io, { id, unregistered: true })
    await write(io.stdout, `broker ${id} is unregistered\n`)
  },
})
