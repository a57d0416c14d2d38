// Starts Apache Kafka itself, a combined broker and controller, from the jars of `npm run
// setup:java`. It is the oracle: a suite that fails against it is wrong, whatever Samsa does.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { java, javaArguments } from './java.ts'
import {
  type RunningServer,
  readyTimeoutMs,
  type ServerPaths,
  type ServerProgram,
} from './server.ts'
import { ServerProcess } from './server-process.ts'

const clusterId = 'c2Ftc2EtY29uZm9ybWFuYw'
const controllerPortOffset = 10_000
const brokerFlags = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

export const kafkaProgram: ServerProgram = {
  portOffsets: [controllerPortOffset],

  async startFirst(paths: ServerPaths) {
    const config = configFile(paths)
    rmSync(this.logDir(paths), { recursive: true, force: true })
    mkdirSync(this.logDir(paths), { recursive: true })
    writeFileSync(config, properties(paths, this.logDir(paths)))
    await java('kafka.tools.StorageTool', [
      'format',
      '--standalone',
      '--cluster-id',
      clusterId,
      '--config',
      config,
    ])
    return startKafka(paths)
  },

  startAgain: startKafka,

  logDir: ({ baseDir }: ServerPaths) => join(baseDir, 'kafka-logs'),
}

function configFile({ baseDir }: ServerPaths): string {
  return join(baseDir, 'kafka.properties')
}

function properties({ port }: ServerPaths, logDir: string): string {
  const controllerPort = port + controllerPortOffset
  // Everything else stays at Kafka's defaults; one broker cannot hold three replicas.
  return `${[
    'process.roles=broker,controller',
    'node.id=1',
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${logDir}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
  ].join('\n')}\n`
}

async function startKafka(paths: ServerPaths): Promise<RunningServer> {
  const args = javaArguments('kafka.Kafka', [configFile(paths)], {
    flags: brokerFlags,
    logLevel: 'warn',
  })
  const launched = new ServerProcess('java', args, join(paths.baseDir, 'kafka.log'))
  // The broker opens its listener only when it is registered and has caught up with the metadata.
  await launched.ready(() => accepts(paths.port), {
    what: 'the start of Apache Kafka',
    timeoutMs: readyTimeoutMs,
  })
  return {
    pid: launched.pid,
    kill9: () => launched.kill9(),
    stop: () => launched.stop(),
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
