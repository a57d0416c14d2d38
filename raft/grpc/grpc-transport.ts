// RaftTransport over gRPC: a stream out to every voter that is spoken to, and one in from every
// voter that speaks. Looks at who is who (node, directory, cluster) and where they are; what the
// messages mean is the core's affair.

import type { ServerDuplexStream, StatusObject } from '@grpc/grpc-js'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import type { Hello, PeerMessage, RaftHandlers, WelcomeInit } from '@samsa/proto/grpc/gen/raft'
import { status as statusCode } from '@samsa/proto/grpc/status-codes'
import type { Message } from '../core/messages.ts'
import { entryBytes, nodeIdOf, type VoterId } from '../core/types.ts'
import type { RaftClock } from '../driver/clock.ts'
import type { RaftTransport, TransportEvents } from '../driver/transport.ts'
import type { Address, AddressBook } from './address-book.ts'
import { PeerLink } from './peer-link.ts'
import { fromWire, toWire } from './wire.ts'

const closeWithinMs = 200
/** Voters that are or were spoken to. A quorum has a handful; nobody may make up thousands. */
const peersMax = 100

export interface GrpcTransportSetup {
  readonly id: VoterId
  readonly clock: RaftClock
  readonly addresses: AddressBook
  readonly credentials: NodeCredentials
  /** Whether whoever calls may speak for that node. */
  isNode(call: { getPeer(): string }, nodeId: number): boolean
  /** Where this voter listens, as the others see it. */
  ownAddress(): Address
  /** Empty until it is known. Voters of another cluster are not talked to. */
  clusterId(): string
  /** A peer and this voter do not agree on who they are. */
  onRefused(peer: VoterId, reason: string): void
}

type Incoming = ServerDuplexStream<PeerMessage, WelcomeInit>

export class GrpcTransport implements RaftTransport {
  readonly #setup: GrpcTransportSetup
  readonly #links = new Map<VoterId, PeerLink>()
  readonly #incoming = new Map<VoterId, Incoming>()
  #events: TransportEvents | null = null
  #isClosed = false

  constructor(setup: GrpcTransportSetup) {
    this.#setup = setup
  }

  /** Serves the Exchange method of proto/grpc/raft.proto. */
  readonly exchange: RaftHandlers['exchange'] = (call) => {
    let from: VoterId | null = null
    call.on('data', (wire: PeerMessage) => {
      if (from !== null) return this.#receive(call, from, wire)
      const refusal = wire.kind === 'hello' ? this.#refusal(call, wire.hello) : noHello
      if (refusal !== null) return void call.emit('error', refusal)
      if (wire.kind !== 'hello') return
      from = wire.hello.from as VoterId
      this.#welcome(call, from, wire.hello)
    })
    const ended = () => {
      call.end()
      if (from !== null) this.#lost(call, from)
    }
    call.on('end', ended)
    call.on('cancelled', ended)
    call.on('error', ended)
  }

  #refusal(call: Incoming, { from, to, clusterId }: Hello): Partial<StatusObject> | null {
    const { id } = this.#setup
    const own = this.#setup.clusterId()
    if (this.#events === null || this.#isClosed) {
      return { code: statusCode.UNAVAILABLE, details: `${id} is not running` }
    }
    if (this.#incoming.size >= peersMax) {
      return { code: statusCode.RESOURCE_EXHAUSTED, details: 'too many voters are connected' }
    }
    if (to !== id) return { code: statusCode.FAILED_PRECONDITION, details: `this is ${id}` }
    if (!this.#setup.isNode(call, nodeIdOf(from as VoterId))) {
      return { code: statusCode.PERMISSION_DENIED, details: `your certificate is not ${from}'s` }
    }
    const isOther = clusterId !== '' && own !== '' && clusterId !== own
    if (!isOther) return null
    return { code: statusCode.FAILED_PRECONDITION, details: `this is a voter of cluster ${own}` }
  }

  #welcome(call: Incoming, from: VoterId, { host, port }: Hello): void {
    const before = this.#incoming.get(from)
    this.#incoming.set(from, call)
    before?.end()
    if (host !== '' && port > 0) this.#setup.addresses.heard(from, { host, port })
    call.write({})
    // It will want answers, and perhaps a vote.
    this.#link(from)?.connect()
  }

  #receive(call: Incoming, from: VoterId, wire: PeerMessage): void {
    const message = fromWire(wire)
    if (message !== null) return this.#events?.receive(from, message)
    call.emit('error', { code: statusCode.INVALID_ARGUMENT, details: 'no message of a voter' })
  }

  #lost(call: Incoming, from: VoterId): void {
    if (this.#incoming.get(from) !== call) return
    this.#incoming.delete(from)
    if (!this.#isClosed) this.#link(from)?.suspect()
  }

  start(events: TransportEvents): void {
    this.#events = events
  }

  send(to: VoterId, message: Message): void {
    if (!this.#isClosed) this.#link(to)?.send(toWire(message), bytesOf(message))
  }

  /** Opens streams to those who may soon be spoken to, and forgets all others. */
  expect(peers: Iterable<VoterId>): void {
    if (this.#isClosed) return
    const expected = new Set(peers)
    expected.delete(this.#setup.id)
    for (const [peer, link] of this.#links) {
      if (expected.has(peer) || this.#incoming.has(peer)) continue
      this.#links.delete(peer)
      void link.close(closeWithinMs)
    }
    for (const peer of expected) this.#link(peer)?.connect()
  }

  #link(peer: VoterId): PeerLink | undefined {
    const known = this.#links.get(peer)
    if (known !== undefined || this.#links.size >= peersMax) return known
    const { id, clock, credentials, addresses } = this.#setup
    const link = new PeerLink({
      clock,
      credentials: () => credentials(nodeIdOf(peer)),
      addresses: () => addresses.addressesOf(peer),
      hello: () => {
        const clusterId = this.#setup.clusterId()
        return { from: id, to: peer, clusterId, ...this.#setup.ownAddress() }
      },
      onDown: () => this.#events?.peerDown(peer),
      onRefused: (reason) => this.#setup.onRefused(peer, reason),
    })
    this.#links.set(peer, link)
    return link
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#links.values()].map((link) => link.close(closeWithinMs)))
    for (const call of this.#incoming.values()) call.end()
  }
}

const noHello = { code: statusCode.INVALID_ARGUMENT, details: 'a stream begins with a hello' }

/** About what it takes while it waits. */
function bytesOf(message: Message): number {
  if (message.type === 'snapshotChunk') return 256 + message.bytes.length
  if (message.type !== 'append') return 64
  return message.entries.reduce((sum, entry) => sum + entryBytes(entry), 64)
}
