// `samsa node`: runs one node by Kafka's server.properties.

import { defineCommand } from '../command/command.ts'
import { repeated, required, text } from '../command/options.ts'

export const node = defineCommand({
  positionals: '',
  options: {
    config: required(text('FILE', "The node's server.properties.")),
    override: repeated('KEY=VALUE', 'A setting that wins over the file.'),
  },
  notes: `The file has Kafka's format and key names. A key that does not exist is an error; one that
has no effect here is a warning in the log. SIGINT and SIGTERM stop the node in order.

Example:
  samsa node --config server.properties --override samsa.log.level=debug`,
  async run({ options, io }) {
    const { serveNode } = await import('../serve/serve-node.ts')
    await serveNode({ configFile: options.config, overrides: options.override }, io)
  },
})
