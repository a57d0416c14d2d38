// Replication between simulated brokers by the product's own ends of the stream, leader's and
// follower's, with messages as bytes. Only gRPC itself is left out: its calls are stood in for by
// streams of the model's network.

import { EventEmitter } from 'node:events'
import type { LeaderStream } from '@samsa/broker/peer/leader-link'
import { ReplicationClient } from '@samsa/broker/peer/replication-client'
import { ReplicationServer } from '@samsa/broker/peer/replication-server'
import type { ReplicaManager } from '@samsa/broker/replica/replica-manager'
import type { MetadataImage } from '@samsa/controller/image'
import { plainCredentials } from '@samsa/proto/grpc/credentials'
import {
  FollowerMessage,
  type FollowerMessageInit,
  LeaderMessage,
} from '@samsa/proto/grpc/gen/replication'
import type { SimulatedProcess } from '../shared/simulated-process.ts'
import type { Stream, StreamEnd } from './network.ts'

export interface WireWorld {
  readonly process: SimulatedProcess
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly image: () => MetadataImage
  readonly connect: (host: string, end: StreamEnd<Buffer>) => Stream<Buffer>
  /** Something leaves the broker: it may die before it does. */
  readonly effect: () => void
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function shared({ process, brokerId, brokerEpoch, image }: WireWorld) {
  const clock = { nowMs: () => process.nowMs, monotonicMs: () => process.nowMs }
  return {
    nodeId: brokerId,
    brokerEpoch,
    image,
    clock,
    timers: process,
    events: quiet,
    throttledRate: () => Number.MAX_SAFE_INTEGER,
    throttledReplicas: () => [],
    memory: { shortLived: () => {} },
    credentials: plainCredentials,
    isNode: () => true,
  }
}

export function wireLinks(world: WireWorld): ReplicationClient {
  return new ReplicationClient({
    ...shared(world),
    openStream: ({ host }) => {
      const events = new EventEmitter()
      const stream = world.connect(host, {
        onMessage: (bytes) => events.emit('data', LeaderMessage.decode(bytes)),
        onClosed: () => events.emit('error', new Error('the stream broke')),
      })
      const call = Object.assign(events, {
        write: (message: FollowerMessageInit) => {
          world.effect()
          stream.send(Buffer.from(FollowerMessage.encode(message).finish()))
          return true
        },
        cancel: () => stream.close(),
      })
      return call as unknown as LeaderStream
    },
  })
}

export class WireServer {
  readonly #world: WireWorld
  readonly #server: ReplicationServer

  constructor(world: WireWorld, replicas: ReplicaManager) {
    this.#world = world
    this.#server = new ReplicationServer({ ...shared(world), replicas })
  }

  /** A follower's stream. */
  accept(stream: Stream<Buffer>): StreamEnd<Buffer> {
    const events = new EventEmitter()
    const call = Object.assign(events, {
      write: (bytes: Buffer) => {
        this.#world.effect()
        stream.send(Buffer.from(bytes))
        return true
      },
      end: () => stream.close(),
    })
    // A call that is refused is told so by an error.
    events.on('error', () => stream.close())
    const follow = this.#server.handlers['follow'] as (call: unknown) => void
    follow(call)
    return {
      onMessage: (bytes) => events.emit('data', FollowerMessage.decode(bytes)),
      onClosed: () => {
        events.emit('cancelled')
        events.emit('close')
      },
    }
  }

  close(): void {
    this.#server.close()
  }
}
