// Three real nodes inside the test's process, each in a rack of its own: node 1 is the controller,
// all are brokers. For tests that speak the protocol to several nodes.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { type RunningNode, startNode } from '@samsa/broker/node'
import { freePort } from '../conformance/ports.ts'
import { KafkaClient } from '../kafka-client.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

export interface ThreeNodes {
  readonly ids: readonly number[]
  /** Of the Kafka listener. */
  port(id: number): number
  httpPort(id: number): number
  /** A connection to that node; it is closed with the nodes. */
  connect(id: number): Promise<KafkaClient>
  close(): Promise<void>
}

export async function startThreeNodes(configs: readonly string[] = []): Promise<ThreeNodes> {
  const dir = mkdtempSync(join(tmpdir(), 'samsa-three-'))
  const controllerPort = await freePort()
  const ids = [1, 2, 3]
  const nodes = new Map<number, RunningNode>()
  const clients: KafkaClient[] = []
  const close = async () => {
    for (const client of clients.splice(0)) await client.close()
    // The controller last: the others leave in order.
    for (const id of ids.toReversed()) await nodes.get(id)?.close()
    rmSync(dir, { recursive: true })
  }
  const start = async (id: number) => {
    const text = configOf(id, join(dir, `node-${id}`), controllerPort)
    const { config } = loadBrokerConfig({ text: [...text, ...configs].join('\n'), overrides: [] })
    nodes.set(id, await startNode({ config, events: silent }))
  }
  try {
    await start(1)
    await Promise.all([start(2), start(3)])
  } catch (error) {
    await close()
    throw error
  }
  const node = (id: number): RunningNode => {
    const found = nodes.get(id)
    if (found === undefined) throw new Error(`no node ${id}`)
    return found
  }
  return {
    ids,
    port: (id) => node(id).ports.get('PLAINTEXT') ?? 0,
    httpPort: (id) => node(id).httpPort ?? 0,
    async connect(id) {
      const client = await KafkaClient.connect({ port: node(id).ports.get('PLAINTEXT') ?? 0 })
      clients.push(client)
      return client
    },
    close,
  }
}

function configOf(id: number, dir: string, controllerPort: number): string[] {
  const isController = id === 1
  return [
    `node.id=${id}`,
    `process.roles=${isController ? 'broker,controller' : 'broker'}`,
    `listeners=PLAINTEXT://127.0.0.1:0${isController ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
    'advertised.listeners=PLAINTEXT://127.0.0.1:0',
    'controller.listener.names=CONTROLLER',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    'samsa.grpc.listener=127.0.0.1:0',
    'samsa.http.listener=127.0.0.1:0',
    `log.dirs=${dir}`,
    `broker.rack=rack-${id}`,
    'default.replication.factor=3',
    'offsets.topic.num.partitions=3',
  ]
}
