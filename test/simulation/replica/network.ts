// Links between the nodes of a simulation, and streams over them. Within a stream nothing is lost
// or overtaken; streams are late, stand still while a link is cut, and break: then what was on its
// way is lost, and each end hears of it in its own time.

import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import type { SimulatedProcess } from '../shared/simulated-process.ts'

export interface StreamEnd<In> {
  onMessage(message: In): void
  onClosed(): void
}

/** What one end does with a stream. */
export interface Stream<Out> {
  send(message: Out): void
  close(): void
}

export interface NetworkFaults {
  readonly delayMaxMs: number
  /** A process that dies closes its connections; a host that vanishes does not. */
  readonly silentDeathChance: number
}

const localDelayMs = 0.2
/** A link that is cut for longer breaks the streams over it. */
const keepaliveMs = 700
const retransmitMs = 40

/** One direction of a stream. */
class Lane {
  /** The next message arrives no earlier. */
  arrivalMs = 0
  /** What came to a link that is cut, in order. */
  held: (() => void)[] = []
}

interface End {
  readonly host: string
  readonly process: SimulatedProcess
  handlers: StreamEnd<unknown> | null
  isOpen: boolean
}

export class Network {
  readonly #events: EventQueue
  readonly #random: Random
  readonly #faults: NetworkFaults
  /** `from>to`, with the time since when. */
  readonly #cut = new Map<string, number>()
  readonly #connections = new Set<Connection>()
  #isHealed = false

  constructor(events: EventQueue, random: Random, faults: NetworkFaults) {
    this.#events = events
    this.#random = random
    this.#faults = faults
  }

  get connections(): Iterable<Connection> {
    return this.#connections
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(`${from}>${to}`)
  }

  delayMs(from: string, to: string): number {
    if (from === to) return localDelayMs
    return this.#random.between(0.1, this.#isHealed ? 2 : this.#faults.delayMaxMs)
  }

  /** A single message, which a link that is cut loses. */
  send(from: string, to: string, arrive: () => void): void {
    this.#events.after(this.delayMs(from, to), () => {
      if (!this.isCut(from, to)) arrive()
    })
  }

  /**
   * Opens a stream to whoever `accept` gives, once the first packets have crossed; a host without
   * that process refuses, which the caller hears as a close.
   */
  connect<In, Out>(
    from: { host: string; process: SimulatedProcess },
    to: {
      host: string
      accept: (stream: Stream<In>) => { process: SimulatedProcess; end: StreamEnd<Out> } | null
    },
    end: StreamEnd<In>,
  ): Stream<Out> {
    const connection = new Connection(this, this.#events, from, to.host, end)
    this.#connections.add(connection)
    const open = () => {
      if (!connection.client.isOpen) return
      if (this.isCut(from.host, to.host) || this.isCut(to.host, from.host)) {
        return connection.breakUp()
      }
      const server = to.accept(connection.side('server'))
      if (server === null) return connection.refuse()
      connection.accepted(server.process, server.end)
    }
    this.#events.after(this.delayMs(from.host, to.host), open)
    return connection.side('client')
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** How long the link has been cut; 0 when it is not. */
  cutForMs(from: string, to: string): number {
    const since = this.#cut.get(`${from}>${to}`)
    return since === undefined ? 0 : this.#events.nowMs - since + retransmitMs
  }

  cut(from: string, to: string): void {
    if (from !== to) this.#cut.set(`${from}>${to}`, this.#events.nowMs)
  }

  /** One of the ways in which networks fall apart. */
  partition(hosts: readonly string[], victim: string): string {
    const random = this.#random
    const kind = random.pick(['isolate', 'inbound', 'outbound', 'halves', 'links', 'link'] as const)
    const side = new Set(random.some(hosts))
    const other = random.pick(hosts)
    for (const a of hosts) {
      for (const b of hosts) {
        const isHit =
          kind === 'inbound'
            ? b === victim
            : kind === 'outbound'
              ? a === victim
              : kind === 'isolate'
                ? a === victim || b === victim
                : kind === 'halves'
                  ? side.has(a) !== side.has(b)
                  : kind === 'link'
                    ? (a === victim && b === other) || (a === other && b === victim)
                    : random.chance(0.3)
        if (isHit) this.cut(a, b)
      }
    }
    return kind
  }

  repair(): void {
    this.#cut.clear()
  }

  heal(): void {
    this.repair()
    this.#isHealed = true
  }

  breakOne(): void {
    const all = [...this.#connections]
    if (all.length > 0) this.#random.pick(all).breakUp()
  }

  /** The other ends of a process that died hear of it, unless its host went with it. */
  died(process: SimulatedProcess): void {
    const isSilent = this.#random.chance(this.#isHealed ? 0 : this.#faults.silentDeathChance)
    for (const connection of this.#connections) connection.died(process, isSilent)
  }
}

export class Connection {
  readonly client: End
  readonly #serverHost: string
  #server: End | null = null
  readonly #network: Network
  readonly #events: EventQueue
  readonly #lanes = { client: new Lane(), server: new Lane() }
  /** What the client said before the server took the stream. */
  #early: unknown[] = []
  #isBroken = false

  constructor(
    network: Network,
    events: EventQueue,
    from: { host: string; process: SimulatedProcess },
    serverHost: string,
    handlers: StreamEnd<unknown>,
  ) {
    this.#network = network
    this.#events = events
    this.client = { ...from, handlers, isOpen: true }
    this.#serverHost = serverHost
  }

  side(side: 'client' | 'server'): Stream<unknown> {
    return {
      send: (message) => this.#send(side, message),
      close: () => this.#close(side),
    }
  }

  accepted(process: SimulatedProcess, handlers: StreamEnd<unknown>): void {
    this.#server = { host: this.#serverHost, process, handlers, isOpen: true }
    for (const message of this.#early) this.#send('client', message)
    this.#early = []
  }

  refuse(): void {
    this.#isBroken = true
    this.#hears(this.client, this.#network.delayMs(this.#serverHost, this.client.host))
    this.#network.forget(this)
  }

  #end(side: 'client' | 'server'): End | null {
    return side === 'client' ? this.client : this.#server
  }

  #send(side: 'client' | 'server', message: unknown): void {
    const from = this.#end(side)
    if (this.#isBroken || from?.isOpen === false || from?.process.isAlive === false) return
    if (this.#server === null) return void this.#early.push(message)
    const to = side === 'client' ? this.#server : this.client
    this.#carry(side, to, message)
  }

  #hosts(side: 'client' | 'server'): [string, string] {
    const { host } = this.client
    return side === 'client' ? [host, this.#serverHost] : [this.#serverHost, host]
  }

  #carry(side: 'client' | 'server', to: End, message: unknown): void {
    const [from, at] = this.#hosts(side)
    const lane = this.#lanes[side]
    lane.arrivalMs = Math.max(lane.arrivalMs, this.#events.nowMs + this.#network.delayMs(from, at))
    this.#events.after(lane.arrivalMs - this.#events.nowMs, () => this.#arrive(side, to, message))
  }

  /** What comes to a cut link waits there, and so does what is behind it. */
  #arrive(side: 'client' | 'server', to: End, message: unknown): void {
    if (this.#isBroken) return
    const lane = this.#lanes[side]
    lane.held.push(() => {
      to.process.take(() => {
        if (to.isOpen) to.handlers?.onMessage(message)
      })
    })
    if (lane.held.length === 1) this.#release(side)
  }

  #release(side: 'client' | 'server'): void {
    if (this.#isBroken) return
    const cutForMs = this.#network.cutForMs(...this.#hosts(side))
    if (cutForMs > keepaliveMs) return this.breakUp()
    if (cutForMs > 0) return this.#events.after(retransmitMs, () => this.#release(side))
    const lane = this.#lanes[side]
    for (const give of lane.held.splice(0)) give()
  }

  #close(side: 'client' | 'server'): void {
    const end = this.#end(side)
    if (end === null || !end.isOpen) return
    end.isOpen = false
    this.breakUp()
  }

  /** Both ends hear of it, each in its own time. */
  breakUp(): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#network.forget(this)
    const [there, back] = [this.#hosts('client'), this.#hosts('server')]
    if (this.#server !== null) this.#hears(this.#server, this.#delayOf(there))
    this.#hears(this.client, this.#delayOf(back))
  }

  /** Over a link that is cut nobody hears anything before the keepalive tells. */
  #delayOf([from, to]: [string, string]): number {
    const delayMs = this.#network.delayMs(from, to)
    return this.#network.isCut(from, to) ? delayMs + keepaliveMs : delayMs
  }

  #hears(end: End, delayMs: number): void {
    this.#events.after(delayMs, () => {
      end.process.take(() => {
        if (!end.isOpen) return
        end.isOpen = false
        end.handlers?.onClosed()
      })
    })
  }

  died(process: SimulatedProcess, isSilent: boolean): void {
    const isClient = this.client.process === process
    if (!isClient && this.#server?.process !== process) return
    if (!isSilent) return this.breakUp()
    this.#isBroken = true
    this.#network.forget(this)
    const survivor = isClient ? this.#server : this.client
    if (survivor !== null) this.#hears(survivor, keepaliveMs)
  }
}
