// Starts Apache Kafka itself, every node a combined broker and controller, from the jars of `npm
// run setup:java`. It is the oracle: a suite that fails against it is wrong, whatever Samsa does.

import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { java, javaArguments } from './java.ts'
import {
  type ClusterPlan,
  type NodePlan,
  propertiesText,
  type RunningServer,
  readyTimeoutMs,
  replicationConfigs,
  type ServerProgram,
} from './server.ts'
import { ServerProcess } from './server-process.ts'
import { waitFor } from './wait.ts'

const clusterId = 'c2Ftc2EtY29uZm9ybWFuYw'
const controllerPortOffset = 10_000
const brokerFlags = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
// Nodes that stop together have no quorum left to hand over to, and then wait for minutes.
const stopPatienceMs = 10_000

export const kafkaProgram: ServerProgram = {
  portOffsets: [controllerPortOffset],

  async prepare(plan) {
    const initial = plan.nodes
      .filter(({ joins }) => !joins)
      .map((node) => `${node.id}@${controller(node)}:${directoryId()}`)
    const cluster = ['format', '--cluster-id', clusterId]
    await Promise.all(
      plan.nodes.map(async (node) => {
        rmSync(this.logDir(node), { recursive: true, force: true })
        mkdirSync(this.logDir(node), { recursive: true })
        mkdirSync(node.dir, { recursive: true })
        writeFileSync(configFile(node), propertiesText(settings(node, plan, this.logDir(node))))
        const quorum = node.joins
          ? ['--no-initial-controllers']
          : ['--initial-controllers', initial.join(',')]
        await java('kafka.tools.StorageTool', [...cluster, ...quorum, '--config', configFile(node)])
      }),
    )
  },

  start: startKafka,

  logDir: ({ dir, dataDir }) => dataDir ?? join(dir, 'kafka-logs'),

  controllerPort: ({ port }) => port + controllerPortOffset,

  async wipe(node) {
    rmSync(this.logDir(node), { recursive: true, force: true })
    mkdirSync(this.logDir(node), { recursive: true })
    const format = ['format', '--cluster-id', clusterId, '--no-initial-controllers']
    await java('kafka.tools.StorageTool', [...format, '--config', configFile(node)])
  },
}

function configFile({ dir }: NodePlan): string {
  return join(dir, 'kafka.properties')
}

function controller({ host, port }: NodePlan): string {
  return `${host}:${port + controllerPortOffset}`
}

/** A directory id must not begin with a dash, which the tool would take for an option. */
function directoryId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? directoryId() : id
}

function settings(node: NodePlan, plan: ClusterPlan, logDir: string): Record<string, string> {
  const voters = plan.nodes.filter(({ joins }) => !joins)
  // Everything else stays at Kafka's defaults.
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    listeners: `PLAINTEXT://${node.host}:${node.port},CONTROLLER://${controller(node)}`,
    ...(node.advertisedPort !== undefined && {
      'advertised.listeners': `PLAINTEXT://${node.host}:${node.advertisedPort},CONTROLLER://${controller(node)}`,
    }),
    'controller.quorum.bootstrap.servers': voters.map(controller).join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logDir,
    ...replicationConfigs(voters.length),
    ...plan.configs,
  }
}

async function startKafka(node: NodePlan): Promise<RunningServer> {
  const args = javaArguments('kafka.Kafka', [configFile(node)], {
    flags: brokerFlags,
    logLevel: 'warn',
  })
  const [command = 'java', ...rest] = [...node.launcher, 'java', ...args]
  const launched = new ServerProcess(command, rest, join(node.dir, 'kafka.log'), node.env)
  // The broker opens its listener only when it is registered and has caught up with the metadata.
  await launched.ready(() => accepts(node), {
    what: `the start of Apache Kafka's node ${node.id}`,
    timeoutMs: readyTimeoutMs,
  })
  return {
    pid: launched.pid,
    kill9: () => launched.kill9(),
    async stop() {
      const ending = launched.stop()
      const inTime = await waitFor(() => launched.hasEnded, {
        what: 'Apache Kafka to stop',
        timeoutMs: stopPatienceMs,
      }).catch(() => false)
      if (!inTime) {
        await launched.kill9()
        return 0
      }
      return ending
    },
  }
}

function accepts({ host, port }: NodePlan): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
