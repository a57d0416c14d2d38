// Connections over real loopback sockets, with a service that answers when the test says so.

import { connect, type Socket } from 'node:net'
import type {
  ConnectionService,
  IncomingRequest,
  OutgoingResponse,
} from '@samsa/broker/network/connection'
import { ConnectionRates } from '@samsa/broker/network/connection-rates'
import { pipelinedRequestsMax } from '@samsa/broker/network/limits'
import { NetworkServer, type ServerOptions } from '@samsa/broker/network/server'
import { afterEach, describe, expect, it, vi } from 'vitest'

interface Held {
  readonly text: string
  answer(response?: OutgoingResponse): void
  fail(error: Error): void
}

/** Requests whose text starts with 'p' overlap; each waits in `held` for its answer. */
class HoldingService implements ConnectionService {
  readonly held: Held[] = []

  overlaps(frame: Buffer): boolean {
    return frame.toString().startsWith('p')
  }

  serve({ frame }: IncomingRequest): Promise<OutgoingResponse> {
    const text = frame.toString()
    return new Promise((resolve, reject) => {
      const answer = (response = reply(text)) => resolve(response)
      this.held.push({ text, answer, fail: reject })
    })
  }

  take(text: string): Held {
    const index = this.held.findIndex((held) => held.text === text)
    const [held] = this.held.splice(index, 1)
    if (index < 0 || held === undefined) throw new Error(`${text} was not asked`)
    return held
  }
}

function reply(text: string): OutgoingResponse {
  return { chunks: [frame(text)] }
}

function frame(text: string): Buffer {
  const buffer = Buffer.alloc(4 + text.length)
  buffer.writeInt32BE(text.length)
  buffer.write(text, 4)
  return buffer
}

const noRates = {
  ofNode: () => null,
  ofListener: () => null,
  ofAddress: () => null,
  burstSeconds: 1,
}

const nobody = () => 'User:ANONYMOUS'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(overrides: Partial<ServerOptions> = {}) {
  const service = new HoldingService()
  const server = new NetworkServer({
    listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 0, tls: null, principalOf: nobody }],
    backlog: 50,
    frameBytesMax: 1_000_000,
    requestBytesMax: 10_000_000,
    connectionsMax: () => 100,
    connectionsPerIpMax: () => 100,
    connectionsPerListenerMax: () => 100,
    rates: new ConnectionRates(noRates),
    idleMaxMs: 60_000,
    service,
    monotonicMs: () => performance.now(),
    onConnectionClosed: () => {},
    onConnectionRefused: () => {},
    ...overrides,
  })
  const port = (await server.start()).get('PLAINTEXT') ?? 0
  cleanups.push(() => server.close(0))
  return { server, service, port }
}

function open(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const received: Buffer[] = []
  let closed = false
  socket.on('data', (bytes) => received.push(bytes))
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => {})
  cleanups.push(() => socket.destroy())
  return {
    socket,
    isClosed: () => closed,
    send: (...texts: string[]) => socket.write(Buffer.concat(texts.map(frame))),
    texts() {
      const bytes = Buffer.concat(received)
      const texts: string[] = []
      for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readInt32BE(at)) {
        texts.push(bytes.toString('utf8', at + 4, at + 4 + bytes.readInt32BE(at)))
      }
      return texts
    },
  }
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 })

describe('NetworkServer', () => {
  it('answers overlapping requests in the order they came, whichever is done first', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.send('p1', 'p2', 'p3')
    await eventually(() => expect(service.held).toHaveLength(3))
    service.take('p3').answer()
    service.take('p1').answer()
    await eventually(() => expect(client.texts()).toEqual(['p1']))
    service.take('p2').answer()
    await eventually(() => expect(client.texts()).toEqual(['p1', 'p2', 'p3']))
  })

  it('works on other requests one at a time', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.send('p1', 'a', 'p2')
    await eventually(() => expect(service.held.map(({ text }) => text)).toEqual(['p1']))
    service.take('p1').answer()
    await eventually(() => expect(service.held.map(({ text }) => text)).toEqual(['a']))
    service.take('a').answer()
    await eventually(() => expect(service.held.map(({ text }) => text)).toEqual(['p2']))
    service.take('p2').answer()
    await eventually(() => expect(client.texts()).toEqual(['p1', 'a', 'p2']))
  })

  it('takes in only so many requests of one connection, and goes on as they are answered', async () => {
    const { service, port } = await start()
    const client = open(port)
    const texts = Array.from({ length: 50 }, (_, index) => `p${index}`)
    client.send(...texts)
    await eventually(() => expect(service.held).toHaveLength(pipelinedRequestsMax))
    for (const text of texts) {
      await eventually(() => service.take(text).answer())
      expect(service.held.length).toBeLessThanOrEqual(pipelinedRequestsMax)
    }
    await eventually(() => expect(client.texts()).toEqual(texts))
  })

  it('sends nothing for a request that gets no response', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.send('p1', 'p2')
    await eventually(() => expect(service.held).toHaveLength(2))
    service.take('p1').answer({ chunks: null })
    service.take('p2').answer()
    await eventually(() => expect(client.texts()).toEqual(['p2']))
  })

  it('closes the connection of a request that fails, and gives its memory back', async () => {
    const { server, service, port } = await start()
    const client = open(port)
    client.send('p1')
    await eventually(() => expect(service.held).toHaveLength(1))
    service.take('p1').fail(new Error('broken'))
    await eventually(() => expect(client.isClosed()).toBe(true))
    expect(server.connectionCount).toBe(0)
    expect(server.pool.usedBytes).toBe(0)
    expect(server.budget.usedBytes).toBe(0)
  })

  it('closes a connection that announces a frame past the limit', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await eventually(() => expect(client.isClosed()).toBe(true))
    expect(service.held).toHaveLength(0)
  })

  it('bounds the bytes that all connections together have in the works', async () => {
    const { server, service, port } = await start({ requestBytesMax: 1000 })
    const [first, second] = [open(port), open(port)]
    const text = `p${'x'.repeat(699)}`
    first.send(text)
    await eventually(() => expect(service.held).toHaveLength(1))
    second.send(text)
    first.send('p1')
    await eventually(() => expect(service.held.map((held) => held.text)).toEqual([text, 'p1']))
    expect(server.budget.usedBytes).toBe(702)
    service.take(text).answer()
    await eventually(() => expect(service.held.map((held) => held.text)).toEqual(['p1', text]))
  })

  it('refuses connections past its limits', async () => {
    const refused: string[] = []
    const { server, port } = await start({
      connectionsPerIpMax: () => 2,
      onConnectionRefused: (_host, reason) => refused.push(reason),
    })
    const clients = [open(port), open(port), open(port)]
    await eventually(() => expect(refused).toEqual(['max.connections.per.ip']))
    // The client hears of it a little later than the server.
    await eventually(() => expect(clients.filter((one) => one.isClosed())).toHaveLength(1))
    expect(server.connectionCount).toBe(2)
  })

  it('closes idle connections, but none that waits for an answer', async () => {
    const { service, port } = await start({ idleMaxMs: 100 })
    const [idle, waiting] = [open(port), open(port)]
    waiting.send('a')
    await eventually(() => expect(service.held).toHaveLength(1))
    await eventually(() => expect(idle.isClosed()).toBe(true))
    expect(waiting.isClosed()).toBe(false)
  })

  it('answers what was asked before it closes', async () => {
    const { server, service, port } = await start()
    const client = open(port)
    client.send('p1')
    await eventually(() => expect(service.held).toHaveLength(1))
    const closing = server.close(5_000)
    service.take('p1').answer()
    await closing
    await eventually(() => expect(client.isClosed()).toBe(true))
    expect(client.texts()).toEqual(['p1'])
  })

  it('releases what a response borrowed once it is sent, also when the client has gone', async () => {
    const { service, port } = await start()
    const [staying, leaving] = [open(port), open(port)]
    staying.send('a')
    leaving.send('b')
    await eventually(() => expect(service.held).toHaveLength(2))
    const released: string[] = []
    leaving.socket.destroy()
    await eventually(() => expect(leaving.isClosed()).toBe(true))
    for (const text of ['a', 'b']) {
      service.take(text).answer({ ...reply(text), release: () => released.push(text) })
    }
    await eventually(() => expect(released.sort()).toEqual(['a', 'b']))
  })

  it('reads nothing more of a connection for as long as its response says', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.send('a', 'b')
    await eventually(() => expect(service.held).toHaveLength(1))
    const answeredAtMs = performance.now()
    service.take('a').answer({ ...reply('a'), muteMs: 150 })
    await eventually(() => expect(client.texts()).toEqual(['a']))
    await eventually(() => expect(service.held.map(({ text }) => text)).toEqual(['b']))
    expect(performance.now() - answeredAtMs).toBeGreaterThanOrEqual(149)
  })

  it('keeps a connection muted for the longest of what several responses say', async () => {
    const { service, port } = await start()
    const client = open(port)
    client.send('p1', 'p2', 'a')
    await eventually(() => expect(service.held).toHaveLength(2))
    const answeredAtMs = performance.now()
    service.take('p1').answer({ ...reply('p1'), muteMs: 200 })
    service.take('p2').answer({ ...reply('p2'), muteMs: 10 })
    await eventually(() => expect(service.held.map(({ text }) => text)).toEqual(['a']))
    expect(performance.now() - answeredAtMs).toBeGreaterThanOrEqual(199)
  })

  it('frees all that a muted connection holds when it is closed', async () => {
    const { server, service, port } = await start()
    const client = open(port)
    client.send('p1', 'p2', 'a')
    await eventually(() => expect(service.held).toHaveLength(2))
    service.take('p1').answer({ ...reply('p1'), muteMs: 20_000 })
    service.take('p2').answer()
    await eventually(() => expect(client.texts()).toEqual(['p1', 'p2']))
    await server.close(0)
    expect(server.connectionCount).toBe(0)
    expect(server.pool.usedBytes).toBe(0)
    expect(server.budget.usedBytes).toBe(0)
  })

  it('lets new connections wait where they come faster than they may', async () => {
    const rates = new ConnectionRates({ ...noRates, ofNode: () => 10, burstSeconds: 0.1 })
    const { server, port } = await start({ rates })
    const startedAtMs = performance.now()
    for (let index = 0; index < 4; index++) open(port)
    await eventually(() => expect(server.connectionCount).toBe(4))
    // One was saved; the third and fourth wait for what the second and third took.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(199)
  })

  it('turns those of an address away that come faster than its quota', async () => {
    const refused: string[] = []
    const rates = new ConnectionRates({ ...noRates, ofAddress: () => 5, burstSeconds: 0.2 })
    const { server, port } = await start({
      rates,
      onConnectionRefused: (_host, reason) => refused.push(reason),
    })
    const clients = [open(port), open(port), open(port), open(port)]
    await eventually(() => expect(refused).toEqual(Array(2).fill('connection_creation_rate')))
    await eventually(() => expect(clients.filter((one) => one.isClosed())).toHaveLength(2))
    expect(server.connectionCount).toBe(2)
  })

  it('refuses connections past the limit of a listener', async () => {
    const refused: string[] = []
    const { server, port } = await start({
      connectionsPerListenerMax: (listener) => (listener === 'PLAINTEXT' ? 1 : 0),
      onConnectionRefused: (_host, reason) => refused.push(reason),
    })
    open(port)
    open(port)
    await eventually(() => expect(refused).toEqual(['max.connections']))
    expect(server.connectionCount).toBe(1)
  })
})
