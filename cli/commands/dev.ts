// `samsa dev`: a cluster on this machine, for development. One node is the whole cluster today, and
// it runs in this process: a second one would cost memory and add nothing. What runs is what `samsa
// node --config` runs.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineCommand } from '../command/command.ts'
import { integer, text, withDefault } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { devProperties } from '../serve/dev-properties.ts'

const host = '127.0.0.1'
const grpcPortOffset = 10_000
const httpPortOffset = 20_000
const portMax = 65_535 - httpPortOffset

export const dev = defineCommand({
  positionals: '',
  options: {
    nodes: withDefault(integer('COUNT', 'Nodes of the cluster.', { min: 1, max: 100 }), 1),
    port: withDefault(
      integer('PORT', 'Kafka port of the first node.', { min: 1, max: portMax }),
      9092,
    ),
    dataDir: withDefault(text('DIR', 'Where the nodes keep their data.'), './data'),
  },
  notes: `Node n keeps its data, its server.properties and its pid in DIR/node-n. With P as
Kafka port, P + ${grpcPortOffset} is for gRPC and P + ${httpPortOffset} serves /healthz, /readyz
and /metrics.
A node that was killed comes back with: samsa node --config DIR/node-n/server.properties`,
  async run({ options, io }) {
    if (options.nodes > 1) {
      throw new UsageError(
        `--nodes ${options.nodes}: one node is served today; more come with replication`,
      )
    }
    const configFile = prepare(1, options.port, resolve(options.dataDir))
    const { serveNode } = await import('../serve/serve-node.ts')
    await serveNode({ configFile, overrides: [] }, io)
  },
})

/** Makes the directory of a node and writes its configuration, and returns the path of that. */
function prepare(id: number, firstPort: number, dataDir: string): string {
  const nodeDir = join(dataDir, `node-${id}`)
  const configFile = join(nodeDir, 'server.properties')
  const kafkaPort = firstPort + id - 1
  try {
    mkdirSync(nodeDir, { recursive: true })
    const existing = existsSync(configFile) ? readFileSync(configFile, 'utf8') : undefined
    const node = {
      id,
      host,
      kafkaPort,
      grpcPort: kafkaPort + grpcPortOffset,
      httpPort: kafkaPort + httpPortOffset,
      logDir: join(nodeDir, 'logs'),
    }
    writeFileSync(configFile, devProperties(node, existing))
  } catch (error) {
    throw new CommandError(`cannot write to ${nodeDir}: ${(error as Error).message}`, 1)
  }
  return configFile
}
