// A distributed worker of Kafka Connect, and a MirrorMaker 2 of its own process: from the jars of
// `npm run setup:java`, with the example connectors for files.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { javaArguments } from './java.ts'
import { freePort } from './ports.ts'
import { propertiesText, readyTimeoutMs } from './server.ts'
import { ServerProcess } from './server-process.ts'
import { waitFor } from './wait.ts'

const flags = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const requestTimeoutMs = 30_000

interface ConnectorStatus {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

export class ConnectWorker {
  readonly #dir: string
  readonly #port: number
  #process: ServerProcess | undefined

  private constructor(dir: string, port: number) {
    this.#dir = dir
    this.#port = port
  }

  /** A worker whose configuration is laid out in `dir`, with replicas for a cluster of one node. */
  static async make(bootstrap: string, dir: string): Promise<ConnectWorker> {
    const port = await freePort()
    mkdirSync(dir, { recursive: true })
    const settings = {
      'bootstrap.servers': bootstrap,
      'group.id': 'connect-cluster',
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'config.storage.topic': 'connect-configs',
      'offset.storage.topic': 'connect-offsets',
      'status.storage.topic': 'connect-status',
      'config.storage.replication.factor': '-1',
      'offset.storage.replication.factor': '-1',
      'status.storage.replication.factor': '-1',
      'offset.storage.partitions': '5',
      'status.storage.partitions': '3',
      'offset.flush.interval.ms': '1000',
      // A worker that was killed is missed sooner.
      'session.timeout.ms': '10000',
      'consumer.session.timeout.ms': '10000',
      'scheduled.rebalance.max.delay.ms': '0',
      // Source offsets and records go into one transaction.
      'exactly.once.source.support': 'enabled',
      'plugin.discovery': 'service_load',
      listeners: `http://127.0.0.1:${port}`,
    }
    writeFileSync(join(dir, 'worker.properties'), propertiesText(settings))
    return new ConnectWorker(dir, port)
  }

  async start(): Promise<void> {
    const args = javaArguments(
      'org.apache.kafka.connect.cli.ConnectDistributed',
      [join(this.#dir, 'worker.properties')],
      { flags, logLevel: 'warn' },
    )
    this.#process = new ServerProcess('java', args, join(this.#dir, 'connect.log'), {})
    await this.#process.ready(() => this.#isReady(), {
      what: 'a worker of Kafka Connect',
      timeoutMs: readyTimeoutMs,
    })
  }

  async kill9(): Promise<void> {
    await this.#process?.kill9()
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
  }

  /** Makes a connector, or changes it. */
  async put(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask('PUT', `/connectors/${name}/config`, config)
  }

  async delete(name: string): Promise<void> {
    await this.#ask('DELETE', `/connectors/${name}`)
  }

  /** Resolves when the connector and all its tasks run; throws when one failed. */
  async running(name: string): Promise<void> {
    await waitFor(
      async () => {
        const status = await this.#status(name)
        const failed = status?.tasks.find(({ state }) => state === 'FAILED')
        if (failed !== undefined) throw new Error(`${name} failed: ${failed.trace}`)
        const states = [status?.connector.state, ...(status?.tasks ?? []).map(({ state }) => state)]
        return states.length > 1 && states.every((state) => state === 'RUNNING')
      },
      { what: `connector ${name} to run`, timeoutMs: readyTimeoutMs },
    )
  }

  async #status(name: string): Promise<ConnectorStatus | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/connectors/${name}/status`)
    return response.ok ? ((await response.json()) as ConnectorStatus) : undefined
  }

  async #isReady(): Promise<boolean> {
    try {
      // Answered once the worker has read its internal topics and joined its group.
      const response = await fetch(`http://127.0.0.1:${this.#port}/connectors`)
      return response.ok
    } catch {
      return false
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<void> {
    await waitFor(
      async () => {
        const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        // While the group of workers rebalances.
        if (response.status === 409) return false
        if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
        return true
      },
      { what: `${method} ${path}`, timeoutMs: requestTimeoutMs },
    )
  }
}

export interface MirrorOptions {
  readonly dir: string
  /** By alias; records flow from `source` to `target`. */
  readonly source: { readonly alias: string; readonly bootstrap: string }
  readonly target: { readonly alias: string; readonly bootstrap: string }
}

/** MirrorMaker 2 in its dedicated mode, that looks for topics, groups and offsets each second. */
export function startMirror({ dir, source, target }: MirrorOptions): ServerProcess {
  mkdirSync(dir, { recursive: true })
  const flow = `${source.alias}->${target.alias}`
  const settings = {
    clusters: `${source.alias}, ${target.alias}`,
    [`${source.alias}.bootstrap.servers`]: source.bootstrap,
    [`${target.alias}.bootstrap.servers`]: target.bootstrap,
    [`${flow}.enabled`]: 'true',
    [`${flow}.topics`]: 'mirrored.*',
    [`${flow}.groups`]: '.*',
    [`${target.alias}->${source.alias}.enabled`]: 'false',
    'tasks.max': '2',
    'replication.factor': '-1',
    'offset-syncs.topic.replication.factor': '-1',
    'checkpoints.topic.replication.factor': '-1',
    'heartbeats.topic.replication.factor': '-1',
    'config.storage.replication.factor': '-1',
    'offset.storage.replication.factor': '-1',
    'status.storage.replication.factor': '-1',
    'refresh.topics.interval.seconds': '1',
    'refresh.groups.interval.seconds': '1',
    'sync.topic.configs.interval.seconds': '1',
    'sync.group.offsets.enabled': 'true',
    'sync.group.offsets.interval.seconds': '1',
    'emit.checkpoints.interval.seconds': '1',
    'emit.heartbeats.interval.seconds': '1',
    'offset.lag.max': '0',
    'offset.flush.interval.ms': '1000',
    'scheduled.rebalance.max.delay.ms': '0',
  }
  const file = join(dir, 'mirror.properties')
  writeFileSync(file, propertiesText(settings))
  const args = javaArguments('org.apache.kafka.connect.mirror.MirrorMaker', [file], {
    flags,
    logLevel: 'warn',
  })
  return new ServerProcess('java', args, join(dir, 'mirror.log'), {})
}
