// A real node inside the test's process, on free ports and a folder of its own: for tests that
// speak the protocol to it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { type NodeOptions, type RunningNode, startNode } from '@samsa/broker/node'
import { KafkaClient } from './kafka-client.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

export interface TestNode {
  readonly port: number
  /** Of another listener that the overrides name. */
  portOf(listener: string): number
  readonly httpPort: number
  /** 0 without samsa.grpc.listener. */
  readonly grpcPort: number
  readonly dataDir: string
  connect(): Promise<KafkaClient>
  /** Stops in order and starts again on the same data. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface TestNodeOptions {
  /** For tests that look at what a node logs; it is silent otherwise. */
  readonly events?: Partial<NodeOptions['events']>
}

export async function startTestNode(
  overrides: readonly string[] = [],
  options: TestNodeOptions = {},
): Promise<TestNode> {
  const events = { ...silent, ...options.events }
  const dataDir = mkdtempSync(join(tmpdir(), 'samsa-node-'))
  const text = [
    'node.id=1',
    'process.roles=broker,controller',
    'listeners=PLAINTEXT://127.0.0.1:0',
    `log.dirs=${dataDir}`,
    'samsa.http.listener=127.0.0.1:0',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'group.initial.rebalance.delay.ms=0',
  ].join('\n')
  const { config } = loadBrokerConfig({ text, overrides })
  let node: RunningNode = await startNode({ config, events })
  const clients: KafkaClient[] = []
  const port = () => node.ports.get('PLAINTEXT') ?? 0
  return {
    dataDir,
    get port() {
      return port()
    },
    portOf: (listener) => node.ports.get(listener) ?? 0,
    get httpPort() {
      return node.httpPort ?? 0
    },
    get grpcPort() {
      return node.grpcPort ?? 0
    },
    async connect() {
      const client = await KafkaClient.connect({ port: port() })
      clients.push(client)
      return client
    },
    async restart() {
      await node.close()
      node = await startNode({ config, events })
    },
    async close() {
      for (const client of clients.splice(0)) await client.close()
      await node.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}
