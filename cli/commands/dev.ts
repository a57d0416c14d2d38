// `samsa dev`: a cluster on this machine, for development. A single node runs in this process: a
// second one would cost memory and add nothing. Several are processes of their own. What runs is
// what `samsa node --config` runs.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineCommand } from '../command/command.ts'
import { integer, text, withDefault } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { type DevCluster, devProperties } from '../serve/dev-properties.ts'

const host = '127.0.0.1'
const grpcPortOffset = 10_000
const controllerPortOffset = 15_000
const httpPortOffset = 20_000
const nodesMax = 100
const portMax = 65_535 - httpPortOffset - (nodesMax - 1)

export const dev = defineCommand({
  positionals: '',
  options: {
    nodes: withDefault(integer('COUNT', 'Nodes of the cluster.', { min: 1, max: nodesMax }), 1),
    port: withDefault(
      integer('PORT', 'Kafka port of the first node.', { min: 1, max: portMax }),
      9092,
    ),
    dataDir: withDefault(text('DIR', 'Where the nodes keep their data.'), './data'),
  },
  notes: `Node n keeps its data, its server.properties and its pid in DIR/node-n. With P as the
first Kafka port, its ports are P + n - 1 for Kafka; ${grpcPortOffset} above that for gRPC;
${controllerPortOffset} above for its controller, where there are several nodes; ${httpPortOffset}
above for /healthz, /readyz and /metrics.
The first node is the controller; of 3 or 4 nodes the first 3 are, and of more the first 5.
Topics have as many copies as there are nodes, up to 3. A directory that was made with fewer nodes
grows: the new nodes join.
A node that was killed comes back with: samsa node --config DIR/node-n/server.properties`,
  async run({ options, io }) {
    const { nodes, port } = options
    const dataDir = resolve(options.dataDir)
    refuseFewer(nodes, dataDir)
    const cluster: DevCluster = {
      nodes,
      host,
      kafkaPort: port,
      grpcPort: port + grpcPortOffset,
      controllerPort: port + controllerPortOffset,
      httpPort: port + httpPortOffset,
    }
    const prepared = Array.from({ length: nodes }, (_, index) => ({
      id: index + 1,
      configFile: prepare(index + 1, cluster, dataDir),
    }))
    const [only] = prepared
    if (nodes === 1 && only !== undefined) {
      const { serveNode } = await import('../serve/serve-node.ts')
      return await serveNode({ configFile: only.configFile, overrides: [] }, io)
    }
    const addresses = prepared.map(({ id }) => `${host}:${port + id - 1}`).join(',')
    const { serveCluster } = await import('../serve/serve-cluster.ts')
    await serveCluster(prepared, { addresses, io })
  },
})

/** Without the nodes that are left out, controllers or copies could be too few to serve at all. */
function refuseFewer(nodes: number, dataDir: string): void {
  let found = nodes
  while (existsSync(join(dataDir, `node-${found + 1}`, 'server.properties'))) found++
  if (found > nodes) {
    throw new UsageError(
      `${dataDir} holds ${found} nodes: start it with --nodes ${found}, or use another --data-dir`,
    )
  }
}

/** Makes the directory of a node and writes its configuration, and returns the path of that. */
function prepare(id: number, cluster: DevCluster, dataDir: string): string {
  const nodeDir = join(dataDir, `node-${id}`)
  const configFile = join(nodeDir, 'server.properties')
  try {
    mkdirSync(nodeDir, { recursive: true })
    const existing = existsSync(configFile) ? readFileSync(configFile, 'utf8') : undefined
    const node = { cluster, id, logDir: join(nodeDir, 'logs') }
    writeFileSync(configFile, devProperties(node, existing))
  } catch (error) {
    throw new CommandError(`cannot write to ${nodeDir}: ${(error as Error).message}`, 1)
  }
  return configFile
}
