// `samsa txn describe`: where the transactions of transactional ids stand, and what they write to.

import { describeTransaction, type TransactionDescription } from '../client/transactions.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { printJson, printTable } from '../format/print.ts'

export const txnDescribe = defineClientCommand({
  positionals: '<transactional id>...',
  positionalsMin: 1,
  options: {},
  async run({ positionals, cluster, io, json }) {
    const found: TransactionDescription[] = []
    for (const id of positionals) found.push(await describeTransaction(cluster, id))
    if (json) return await printJson(io, found)
    await printTable<TransactionDescription>(
      io,
      [
        { title: 'TRANSACTIONAL ID', value: ({ transactionalId }) => transactionalId },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'PRODUCER', value: ({ producerId }) => producerId },
        { title: 'EPOCH', value: ({ producerEpoch }) => producerEpoch },
        { title: 'COORDINATOR', value: ({ coordinator }) => coordinator },
        { title: 'TIMEOUT MS', value: ({ timeoutMs }) => timeoutMs },
        { title: 'BEGAN', value: ({ startMs }) => (startMs < 0 ? '-' : timeOf(startMs)) },
        { title: 'PARTITIONS', value: ({ partitions }) => partitions.map(nameOf).join(' ') || '-' },
      ],
      found,
    )
  },
})

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}
