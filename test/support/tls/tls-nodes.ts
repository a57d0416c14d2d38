// Nodes inside the test's process that talk to each other by mutual TLS: each is a broker and one
// of three controllers, with its own certificate. Owns their files and directories.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@grpc/grpc-js'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { type RunningNode, startNode } from '@samsa/broker/node'
import { openKeys } from '@samsa/broker/wiring/node-keys'
import { channelOptions } from '@samsa/proto/grpc/options'
import { freePort } from '../conformance/ports.ts'
import { KafkaClient } from '../kafka-client.ts'
import { Authority, NodeFiles } from './node-certificates.ts'

export const nodeIds = [1, 2, 3]

interface Line {
  readonly nodeId: number
  readonly fields: object
  readonly message: string
}

export class TlsNodes {
  readonly authority: Authority
  /** What nodes said, from warnings on the bad side down to information. */
  readonly lines: Line[] = []
  readonly #dir = mkdtempSync(join(tmpdir(), 'samsa-node-tls-'))
  readonly #ports = new Map<number, number>()
  readonly #files = new Map<number, NodeFiles>()
  readonly #running = new Map<number, RunningNode>()
  readonly #clients: KafkaClient[] = []

  static async start(): Promise<TlsNodes> {
    const nodes = new TlsNodes(await Authority.make('nodes'))
    try {
      for (const id of nodeIds) nodes.#ports.set(id, await freePort())
      for (const id of nodeIds) {
        nodes
          .files(id)
          .show(await nodes.authority.sign(`samsa-node-${id}`, [`samsa-node-${id}`, '127.0.0.1']))
        nodes.files(id).trust(nodes.authority)
      }
      await Promise.all(nodeIds.map((id) => nodes.start(id)))
    } catch (error) {
      await nodes.close()
      throw error
    }
    return nodes
  }

  private constructor(authority: Authority) {
    this.authority = authority
  }

  files(id: number): NodeFiles {
    const known = this.#files.get(id) ?? new NodeFiles(join(this.#dir, `keys-${id}`))
    this.#files.set(id, known)
    return known
  }

  async start(id: number, signal?: AbortSignal): Promise<void> {
    const { config } = loadBrokerConfig({ text: this.#configOf(id).join('\n') })
    const note = (fields: object, message: string) => {
      this.lines.push({ nodeId: id, fields, message })
    }
    const events = { debug() {}, info: note, warn: note, error: note }
    const options = { config, events, ...(signal === undefined ? {} : { signal }) }
    this.#running.set(id, await startNode(options))
  }

  async stop(id: number): Promise<void> {
    const node = this.#running.get(id)
    this.#running.delete(id)
    await node?.close()
  }

  node(id: number): RunningNode {
    const found = this.#running.get(id)
    if (found === undefined) throw new Error(`node ${id} does not run`)
    return found
  }

  controllerPort(id: number): number {
    return this.node(id).controllerPort ?? 0
  }

  grpcPort(id: number): number {
    return this.node(id).grpcPort ?? 0
  }

  /** A connection to that node; it is closed with the nodes. */
  async connect(id: number): Promise<KafkaClient> {
    const client = await KafkaClient.connect({ port: this.node(id).ports.get('PLAINTEXT') ?? 0 })
    this.#clients.push(client)
    return client
  }

  /** Calls to that node's controller as node 1 makes them, meaning to reach some node. */
  async callerOf(id: number): Promise<{ open(meant: number): Client; close(): void }> {
    const { config } = loadBrokerConfig({ text: this.#configOf(1).join('\n') })
    const keys = await openKeys(config, { info() {}, warn() {} })
    const target = `127.0.0.1:${this.controllerPort(id)}`
    const opened: Client[] = []
    return {
      open: (meant) => {
        const client = new Client(target, keys.toControllers(meant), channelOptions)
        opened.push(client)
        return client
      },
      close: () => {
        for (const client of opened) client.close()
        keys.close()
      },
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.close()
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)))
    rmSync(this.#dir, { recursive: true })
  }

  /** Nodes beyond the three are brokers only. */
  #configOf(id: number): string[] {
    const port = this.#ports.get(id)
    const voters = [...this.#ports].map(([each, at]) => `${each}@127.0.0.1:${at}`)
    const controller = port === undefined ? '' : `,CONTROLLER://127.0.0.1:${port}`
    return [
      `node.id=${id}`,
      `process.roles=${port === undefined ? 'broker' : 'broker,controller'}`,
      `listeners=PLAINTEXT://127.0.0.1:0${controller}`,
      'controller.listener.names=CONTROLLER',
      `controller.quorum.voters=${voters.join(',')}`,
      'samsa.grpc.listener=127.0.0.1:0',
      `log.dirs=${join(this.#dir, `node-${id}`)}`,
      'default.replication.factor=3',
      'min.insync.replicas=2',
      ...this.files(id).configs,
    ]
  }
}
