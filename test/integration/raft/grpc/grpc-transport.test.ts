// Messages between voters over loopback gRPC: who is let in, what happens to messages while there
// is no stream, how a stream comes back, and how the end of a peer is noticed.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { Client, credentials, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js'
import { openBidiStream } from '@samsa/proto/grpc/calls'
import { type PeerMessageInit, Raft } from '@samsa/proto/grpc/gen/raft'
import { channelOptions, serverOptions } from '@samsa/proto/grpc/options'
import type { Message } from '@samsa/raft/core/messages'
import { type VoterId, voterId } from '@samsa/raft/core/types'
import { systemClock } from '@samsa/raft/driver/system-clock'
import type { Address } from '@samsa/raft/grpc/address-book'
import { GrpcTransport } from '@samsa/raft/grpc/grpc-transport'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../../support/controller/quorum-cluster.ts'

const opened: (() => Promise<void>)[] = []
/** Where each voter is, as all of them know it. */
const book = new Map<VoterId, Address[]>()

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
  book.clear()
})

class Peer {
  readonly id: VoterId
  readonly received: (Message & { readonly from: VoterId })[] = []
  readonly down: VoterId[] = []
  readonly refused: string[] = []
  readonly heard = new Map<VoterId, Address>()
  readonly transport: GrpcTransport
  #server: Server | null = null
  port = 0

  constructor(id: VoterId, clusterId: string) {
    this.id = id
    this.transport = new GrpcTransport({
      id,
      clock: systemClock,
      credentials: () => credentials.createInsecure(),
      isNode: () => true,
      addresses: {
        addressesOf: (voter) => book.get(voter) ?? [],
        heard: (voter, address) => void this.heard.set(voter, address),
      },
      ownAddress: () => ({ host: '127.0.0.1', port: this.port }),
      clusterId: () => clusterId,
      onRefused: (_, reason) => void this.refused.push(reason),
    })
  }

  async listen(): Promise<void> {
    const server = new Server(serverOptions)
    server.addService(Raft, {
      exchange: this.transport.exchange,
      describe: () => undefined,
      join: () => undefined,
    })
    this.port = await new Promise<number>((resolve, reject) => {
      const address = `127.0.0.1:${this.port}`
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      )
    })
    this.#server = server
    book.set(this.id, [{ host: '127.0.0.1', port: this.port }])
  }

  /** The sockets of a process that dies. */
  stopListening(): void {
    this.#server?.forceShutdown()
    this.#server = null
  }

  async close(): Promise<void> {
    await this.transport.close()
    this.stopListening()
  }
}

async function start(id: VoterId, clusterId = '', port = 0): Promise<Peer> {
  const peer = new Peer(id, clusterId)
  peer.port = port
  await peer.listen()
  peer.transport.start({
    receive: (from, message) => void peer.received.push({ ...message, from }),
    peerDown: (voter) => void peer.down.push(voter),
  })
  opened.push(() => peer.close())
  return peer
}

const [one, two] = [voterId(1, 'a'), voterId(2, 'a')]

function ping(term: number): Message {
  return { type: 'laterTerm', term }
}

function terms(peer: Peer): number[] {
  return peer.received.map(({ term }) => term)
}

describe('a stream between two voters', () => {
  it('carries messages in order, those too that were sent while it was opened', async () => {
    const [sender, receiver] = [await start(one), await start(two)]
    for (let term = 1; term <= 100; term++) sender.transport.send(two, ping(term))
    await until('all are there', () => receiver.received.length === 100)
    expect(terms(receiver)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    expect(receiver.received[0]).toEqual({ type: 'laterTerm', term: 1, from: one })
    expect(receiver.heard.get(one)).toEqual({ host: '127.0.0.1', port: sender.port })
  })

  it('carries entries and chunks of snapshots as large as they come', async () => {
    const [sender, receiver] = [await start(one), await start(two)]
    const data = Buffer.alloc(8 * 1024 * 1024, 7)
    const entries = [{ type: 'data', index: 5, term: 3, data }] as const
    sender.transport.send(two, {
      type: 'append',
      term: 3,
      previousIndex: 4,
      previousTerm: 2,
      entries,
      commit: 0,
    })
    await until('it is there', () => receiver.received.length === 1)
    const [message] = receiver.received
    const [entry] = message?.type === 'append' ? message.entries : []
    expect(entry?.index).toBe(5)
    expect(entry?.type === 'data' && entry.data.equals(data)).toBe(true)
  })

  it('drops what is sent to nowhere, and comes back when the peer does', async () => {
    const sender = await start(one)
    sender.transport.send(two, ping(1))
    const receiver = await start(two)
    await until('it is reached', () => {
      sender.transport.send(two, ping(2))
      return receiver.received.length > 0
    })
    expect(terms(receiver)).not.toContain(1)
    receiver.stopListening()
    await receiver.transport.close()
    await until('its end is noticed', () => sender.down.includes(two))
    const again = await start(two, '', receiver.port)
    await until('it is reached again', () => {
      sender.transport.send(two, ping(3))
      return terms(again).includes(3)
    })
  })

  it('finds a voter at the second of its addresses', async () => {
    const [sender, receiver] = [await start(one), await start(two)]
    book.set(two, [{ host: '127.0.0.1', port: 1 }, ...(book.get(two) ?? [])])
    await until('it is reached', () => {
      sender.transport.send(two, ping(1))
      return receiver.received.length > 0
    })
    // Nobody was ever at the first one, so it says nothing that nobody is.
    expect(sender.down).toEqual([])
  })
})

describe('the end of a voter', () => {
  it('is told at once when its sockets close and nobody listens any more', async () => {
    const [left, right] = [await start(one), await start(two)]
    left.transport.send(two, ping(1))
    right.transport.send(one, ping(1))
    await until('both are connected', () => left.received.length + right.received.length === 2)
    right.stopListening()
    await right.transport.close()
    await until('it is told', () => left.down.includes(two), 2_000)
  })

  it('is not told of one that closes its streams and still listens', async () => {
    const [left, right] = [await start(one), await start(two)]
    left.transport.send(two, ping(1))
    right.transport.send(one, ping(1))
    await until('both are connected', () => left.received.length + right.received.length === 2)
    await right.transport.close()
    const probe = await start(voterId(3, 'a'))
    // By the time that another link has been opened and used, the alarm would have been raised.
    left.transport.send(probe.id, ping(2))
    await until('another is reached', () => probe.received.length === 1)
    expect(left.down).toEqual([])
  })

  it('is not told of one that never answered: silence is no proof', async () => {
    const silent = createServer(() => undefined)
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    opened.push(async () => void silent.close())
    const { port } = silent.address() as { port: number }
    const sender = await start(one)
    book.set(two, [{ host: '127.0.0.1', port }])
    sender.transport.send(two, ping(1))
    const probe = await start(voterId(3, 'a'))
    sender.transport.send(probe.id, ping(2))
    await until('another is reached', () => probe.received.length === 1)
    expect(sender.down).toEqual([])
  })
})

describe('a voter does not take part with', () => {
  it('one that means another directory', async () => {
    const [sender, receiver] = [await start(one), await start(two)]
    const former = voterId(2, 'former')
    book.set(former, book.get(two) ?? [])
    sender.transport.send(former, ping(1))
    await until('it is refused', () => sender.refused.length > 0)
    expect(sender.refused[0]).toContain('this is 2@a')
    expect(receiver.received).toEqual([])
  })

  it('one of another cluster', async () => {
    const [sender, receiver] = [await start(one, 'this'), await start(two, 'that')]
    sender.transport.send(two, ping(1))
    await until('it is refused', () => sender.refused.length > 0)
    expect(sender.refused[0]).toContain('cluster that')
    expect(receiver.received).toEqual([])
  })

  it('more of them than a quorum ever has', async () => {
    const receiver = await start(two)
    const address = `127.0.0.1:${receiver.port}`
    const client = new Client(address, credentials.createInsecure(), channelOptions)
    opened.push(async () => client.close())
    const codes: number[] = []
    let welcomed = 0
    for (let count = 0; count < 110; count++) {
      const stream = openBidiStream(client, Raft.exchange)
      stream.on('data', () => welcomed++)
      stream.on('error', ({ code }: ServiceError) => void codes.push(code))
      stream.write({ hello: { from: `${count}@made-up`, to: two } })
    }
    await until('all are answered', () => welcomed + codes.length === 110)
    expect(welcomed).toBe(100)
    expect(new Set(codes)).toEqual(new Set([8]))
  })

  it.each<[string, PeerMessageInit[]]>([
    ['one that does not say who it is', [{ laterTerm: { term: 9 } }]],
    ['one that says nothing', [{}]],
    ['one that says what no voter says', [{ hello: { from: '1@a', to: '2@a' } }, {}]],
  ])('%s', async (_, messages) => {
    const receiver = await start(two)
    const address = `127.0.0.1:${receiver.port}`
    const client = new Client(address, credentials.createInsecure(), channelOptions)
    opened.push(async () => client.close())
    const stream = openBidiStream(client, Raft.exchange)
    stream.resume()
    const failed = once(stream, 'error')
    for (const message of messages) stream.write(message)
    await expect(failed).resolves.toMatchObject([{ code: 3 }])
    expect(receiver.received).toEqual([])
  })
})
