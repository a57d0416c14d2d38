// `samsa txn abort`: ends a transaction that hangs in one partition: one that holds readers up and
// that no coordinator knows of any more (KIP-664).

import { abortAt, openTransactionAt } from '../client/transactions.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { integer, text } from '../command/options.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const txnAbort = defineClientCommand({
  positionals: '',
  options: {
    topic: text('NAME', 'The topic that the transaction hangs in.'),
    partition: integer('N', 'And the partition.'),
    startOffset: integer('N', 'Where the transaction begins: the last stable offset that stands.'),
  },
  notes: `A transaction of a coordinator ends by itself, when its producer or its timeout ends it:
look for it by txn list and txn describe first. Ended here, it is aborted in this partition
alone.`,
  async run({ options, cluster, io, json }) {
    const { topic, partition, startOffset } = options
    if (topic === undefined || partition === undefined || startOffset === undefined) {
      throw new UsageError('--topic, --partition and --start-offset are needed')
    }
    const where = { topic, partition }
    const leader = await cluster.leaderOf(topic, partition)
    const open = await openTransactionAt(cluster, leader, where, startOffset)
    if (open === undefined) {
      throw new UsageError(
        `no transaction begins at offset ${startOffset} of ${topic}-${partition}`,
      )
    }
    await abortAt(cluster, leader, where, open)
    const { producerId } = open
    if (json) return await printJson(io, { ...where, startOffset, producerId, aborted: true })
    const name = `the transaction of producer ${producerId} in ${topic}-${partition}`
    await write(io.stdout, `${name} is aborted\n`)
  },
})
