// The two systems as clusters on this machine, every node a broker and a controller: how to lay
// them out and how to start them.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstAnswer } from './first-answer.ts'
import { brokerHeap, java, javaArguments } from './java.ts'
import type { SystemName } from './options.ts'
import { type Server, startServer } from './processes.ts'
import { clusterId, node, type SystemPaths, samsaMain } from './systems.ts'

export interface ClusterPaths extends SystemPaths {
  nodes: number
}

interface ClusterSystem {
  prepare(paths: ClusterPaths): Promise<void>
  start(paths: ClusterPaths): readonly Server[]
}

export const clusterSystems: Record<SystemName, ClusterSystem> = {
  samsa: {
    // `dev` writes the configurations; measured are the nodes by themselves, as in production.
    async prepare({ port, dir, nodes }) {
      const size = ['--nodes', String(nodes), '--port', String(port), '--data-dir', dir]
      const server = startServer(node, [samsaMain(), 'dev', ...size], join(dir, 'samsa.log'))
      for (const id of idsOf(nodes)) await firstAnswer(port + id - 1, server.assertRuns)
      await server.stop()
    },
    start({ dir, nodeFlags, nodes }) {
      return idsOf(nodes).map((id) => {
        const config = join(dir, `node-${id}/server.properties`)
        const args = [...nodeFlags, samsaMain(), 'node', '--config', config]
        return startServer(node, args, join(dir, `samsa-${id}.log`))
      })
    },
  },

  kafka: {
    async prepare(paths) {
      const voters = idsOf(paths.nodes).map(
        (id) => `${id}@${controllerOf(paths, id)}:${directoryId(id)}`,
      )
      const cluster = ['--cluster-id', clusterId, '--initial-controllers', voters.join(',')]
      for (const id of idsOf(paths.nodes)) {
        const config = configOf(paths, id)
        mkdirSync(logDirOf(paths, id), { recursive: true })
        writeFileSync(config, kafkaProperties(paths, id))
        await java('kafka.tools.StorageTool', ['format', ...cluster, '--config', config])
      }
    },
    start(paths) {
      return idsOf(paths.nodes).map((id) => {
        const args = javaArguments(brokerHeap, 'kafka.Kafka', [configOf(paths, id)])
        return startServer('java', args, join(paths.dir, `kafka-${id}.log`))
      })
    },
  },
}

function idsOf(nodes: number): number[] {
  return Array.from({ length: nodes }, (_, index) => index + 1)
}

function configOf({ dir }: ClusterPaths, id: number): string {
  return join(dir, `kafka-${id}.properties`)
}

function logDirOf({ dir }: ClusterPaths, id: number): string {
  return join(dir, `logs-${id}`)
}

function controllerOf({ port }: ClusterPaths, id: number): string {
  return `127.0.0.1:${port + 10_000 + id - 1}`
}

/** Any 16 bytes will do, as long as they differ. */
function directoryId(id: number): string {
  return Buffer.alloc(16, id).toString('base64url')
}

/** Everything else stays at Kafka's defaults, which are made for three brokers. */
function kafkaProperties(paths: ClusterPaths, id: number): string {
  const own = `127.0.0.1:${paths.port + id - 1}`
  const controllers = idsOf(paths.nodes).map((each) => controllerOf(paths, each))
  return `${[
    'process.roles=broker,controller',
    `node.id=${id}`,
    `listeners=PLAINTEXT://${own},CONTROLLER://${controllerOf(paths, id)}`,
    `controller.quorum.bootstrap.servers=${controllers.join(',')}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${logDirOf(paths, id)}`,
  ].join('\n')}\n`
}
