// `samsa topic list`: the names of the topics, a line each.

import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag } from '../command/options.ts'
import { printJson } from '../format/print.ts'

export const topicList = defineClientCommand({
  positionals: '',
  options: { internal: flag('Include the internal topics, such as __consumer_offsets.') },
  async run({ options, cluster, io, json }) {
    const topics = await cluster.retrying(() => cluster.refresh(null))
    const shown = topics
      .filter(({ isInternal }) => options.internal || !isInternal)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    if (json) {
      const rows = shown.map(({ name, id, isInternal, partitions }) => ({
        name,
        id,
        isInternal,
        partitions: partitions.length,
      }))
      return await printJson(io, rows)
    }
    await write(io.stdout, shown.map(({ name }) => `${name}\n`).join(''))
  },
})
