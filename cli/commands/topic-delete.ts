// `samsa topic delete`: removes topics with all their records.

import { deleteTopics } from '../client/topics.ts'
import { throwFirst } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { printJson } from '../format/print.ts'

export const topicDelete = defineClientCommand({
  positionals: '<topic>...',
  positionalsMin: 1,
  options: { ifExists: flag('Do nothing, successfully, for a topic that does not exist.') },
  async run({ options, positionals, cluster, io, json }) {
    const outcomes = await deleteTopics(cluster, positionals)
    if (json) {
      const rows = outcomes.map(({ name, error }) => ({
        name,
        deleted: error === undefined,
        error: error?.kafkaError ?? null,
      }))
      await printJson(io, rows)
    } else {
      for (const { name, error } of outcomes) {
        if (error === undefined) await write(io.stdout, `topic ${name} deleted\n`)
      }
    }
    const isAccepted = (error: (typeof outcomes)[number]['error']) =>
      options.ifExists && error?.kafkaError === 'UNKNOWN_TOPIC_OR_PARTITION'
    throwFirst(outcomes.filter(({ error }) => !isAccepted(error)))
  },
})
