// `samsa txn list`: the transactional ids of all coordinators, and where their transactions stand.

import { type ListedTransaction, listTransactions } from '../client/transactions.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { duration, repeated } from '../command/options.ts'
import { printJson, printTable } from '../format/print.ts'

export const txnList = defineClientCommand({
  positionals: '',
  options: {
    state: repeated('STATE', 'Only those in this state: Ongoing, PrepareCommit, CompleteAbort...'),
    longerThan: duration('TIME', 'Only those whose transaction began longer ago.'),
  },
  async run({ options, cluster, io, json }) {
    const filter = { states: options.state, longerThanMs: options.longerThan ?? -1 }
    const found = await listTransactions(cluster, filter)
    if (json) return await printJson(io, found)
    await printTable<ListedTransaction>(
      io,
      [
        { title: 'TRANSACTIONAL ID', value: ({ transactionalId }) => transactionalId },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'PRODUCER', value: ({ producerId }) => producerId },
        { title: 'COORDINATOR', value: ({ coordinator }) => coordinator },
      ],
      found,
    )
  },
})
