// Controllers of one quorum inside the test's process, each with its gRPC server and files, and
// brokers' links to them: everything of a cluster but the brokers' data.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrokerConfig } from '@samsa/broker/config/broker-config'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { ControllerNode } from '@samsa/broker/controller-thread/controller-node'
import { BrokerSession } from '@samsa/broker/peer/broker-session'
import type { ControllerClient } from '@samsa/broker/peer/controller-client'
import { systemClock, systemTimers } from '@samsa/broker/system-time'
import { randomUuid } from '@samsa/broker/uuid'
import { makeClusterLink } from '@samsa/broker/wiring/cluster-link'
import { plainKeys } from '@samsa/broker/wiring/node-keys'
import { supportedFeatures } from '@samsa/controller/features'
import { freePort } from '../conformance/ports.ts'

export interface LoggedEvent {
  readonly level: string
  readonly message: string
  readonly fields: object
}

class Events {
  readonly logged: LoggedEvent[] = []

  #log(level: string) {
    return (fields: object, message: string) => void this.logged.push({ level, message, fields })
  }

  readonly debug = this.#log('debug')
  readonly info = this.#log('info')
  readonly warn = this.#log('warn')
  readonly error = this.#log('error')
}

export interface TestBroker {
  readonly client: ControllerClient
  readonly session: BrokerSession
  close(): Promise<void>
}

export class ControllersInProcess {
  readonly ids: readonly number[]
  readonly events = new Events()
  readonly #dir = mkdtempSync(join(tmpdir(), 'samsa-controllers-'))
  readonly #ports: ReadonlyMap<number, number>
  readonly #running = new Map<number, ControllerNode>()
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(ports: ReadonlyMap<number, number>) {
    this.#ports = ports
    this.ids = [...ports.keys()]
  }

  static async start(count: number): Promise<ControllersInProcess> {
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    const first = await freePort(ids.slice(1).map((id) => id - 1))
    const made = new ControllersInProcess(new Map(ids.map((id) => [id, first + id - 1])))
    await Promise.all(ids.map((id) => made.startController(id)))
    return made
  }

  async startController(id: number): Promise<void> {
    const node = new ControllerNode({
      config: this.config(id, 'controller'),
      clusterId: null,
      directoryId: Buffer.alloc(16, id).toString('base64url'),
      incarnationId: randomUuid(),
      calls: null,
      keys: plainKeys,
      events: this.events,
      onFault: (error) => {
        throw error
      },
    })
    this.#running.set(id, node)
    await node.listen()
    await node.start()
  }

  async stopController(id: number): Promise<void> {
    const node = this.#running.get(id)
    this.#running.delete(id)
    await node?.close()
  }

  /** The controller that leads, of those that run. */
  active(): number | undefined {
    for (const [id, node] of this.#running) if (node.status().isActive) return id
    return undefined
  }

  config(id: number, role: 'broker' | 'controller'): BrokerConfig {
    const voters = [...this.#ports].map(([each, port]) => `${each}@127.0.0.1:${port}`)
    const listener = role === 'controller' ? `CONTROLLER://127.0.0.1:${this.#ports.get(id)}` : ''
    const text = [
      `node.id=${id}`,
      `process.roles=${role}`,
      `listeners=${listener || 'PLAINTEXT://127.0.0.1:0'}`,
      'controller.listener.names=CONTROLLER',
      'samsa.grpc.listener=127.0.0.1:0',
      `controller.quorum.voters=${voters.join(',')}`,
      `log.dirs=${join(this.#dir, `${role}-${id}`)}`,
    ].join('\n')
    return loadBrokerConfig({ text }).config
  }

  /** A broker without logs. Resolves once it knows the metadata. */
  async startBroker(id: number, grpcPort: number): Promise<TestBroker> {
    const identity = { clusterId: null, directoryId: randomUuid(), previousBrokerEpoch: -1 }
    const incarnationId = randomUuid()
    const { client, addresses } = makeClusterLink({
      config: this.config(id, 'broker'),
      identity,
      incarnationId,
      events: this.events,
      onFault: (error) => {
        throw error
      },
      own: null,
      keys: plainKeys,
    })
    const session = new BrokerSession({
      addresses,
      follower: client.follower,
      registration: () => ({
        clusterId: client.image().clusterId,
        brokerId: id,
        incarnationId,
        endpoints: [
          { listener: 'SAMSA_GRPC', host: '127.0.0.1', port: grpcPort, securityProtocol: 0 },
        ],
        logDirs: [identity.directoryId],
        features: supportedFeatures,
        previousBrokerEpoch: -1,
      }),
      heartbeatMs: 100,
      sessionTimeoutMs: 1_000,
      clock: systemClock,
      timers: systemTimers,
      events: this.events,
    })
    const close = async () => {
      await session.close()
      await client.close()
    }
    this.#closing.push(close)
    await client.start()
    return { client, session, close }
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close()
    await Promise.all(this.ids.map((id) => this.stopController(id)))
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
