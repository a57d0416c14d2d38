// The two systems under test, each one node with an empty store: how to lay it out and how to start
// it.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstAnswer } from './first-answer.ts'
import { brokerHeap, java, javaArguments } from './java.ts'
import type { SystemName } from './options.ts'
import { type Server, startServer } from './processes.ts'

export interface SystemPaths {
  port: number
  /** Empty at first; the system may lay it out as it likes. */
  dir: string
  nodeFlags: readonly string[]
}

interface System {
  title: string
  /** Makes the store that the measured start finds. */
  prepare(paths: SystemPaths): Promise<void>
  start(paths: SystemPaths): Server
}

const root = fileURLToPath(new URL('..', import.meta.url))
export const node = join(root, 'node_modules/.bin/node')
export const clusterId = 'c2Ftc2EtYmVuY2gtMDAwMA'

export const systems: Record<SystemName, System> = {
  samsa: {
    title: isBuilt() ? 'Samsa (dist)' : 'Samsa (source)',
    // `dev` writes the configuration; what is measured is the node by itself, as in production.
    async prepare(paths) {
      const { port, dir } = paths
      const args = [samsaMain(), 'dev', '--port', String(port), '--data-dir', dir]
      const server = startServer(node, args, join(dir, 'samsa.log'))
      await firstAnswer(port, server.assertRuns)
      await server.stop()
    },
    start({ dir, nodeFlags }) {
      const config = join(dir, 'node-1/server.properties')
      const args = [...nodeFlags, samsaMain(), 'node', '--config', config]
      return startServer(node, args, join(dir, 'samsa.log'))
    },
  },

  kafka: {
    title: 'Apache Kafka 4.3.1',
    async prepare(paths) {
      const config = kafkaConfig(paths)
      mkdirSync(join(paths.dir, 'logs'))
      writeFileSync(config, kafkaProperties(paths))
      const format = ['format', '--standalone', '--cluster-id', clusterId, '--config', config]
      await java('kafka.tools.StorageTool', format)
    },
    start(paths) {
      const args = javaArguments(brokerHeap, 'kafka.Kafka', [kafkaConfig(paths)])
      return startServer('java', args, join(paths.dir, 'kafka.log'))
    },
  },
}

function isBuilt(): boolean {
  return existsSync(join(root, 'dist/cli/main.js'))
}

export function samsaMain(): string {
  return join(root, isBuilt() ? 'dist/cli/main.js' : 'cli/main.ts')
}

function kafkaConfig({ dir }: SystemPaths): string {
  return join(dir, 'kafka.properties')
}

function kafkaProperties({ port, dir }: SystemPaths): string {
  const controllerPort = port + 10_000
  // Everything else stays at Kafka's defaults; one broker cannot hold three replicas.
  return `${[
    'process.roles=broker,controller',
    'node.id=1',
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(dir, 'logs')}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
  ].join('\n')}\n`
}
