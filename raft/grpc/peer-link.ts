// The way out to one other voter: a stream that is opened when there is something to say, and again
// when it broke. Holds little and drops the rest: messages are out of date when they are late.
// Before it connects it looks whether anybody listens, and says so when nobody does: that is how
// the others learn at once that a process has died.

import type { ChannelCredentials, Client, ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import { openBidiStream } from '@samsa/proto/grpc/calls'
import {
  type HelloInit,
  type PeerMessageInit,
  Raft,
  type Welcome,
} from '@samsa/proto/grpc/gen/raft'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import { status as statusCode } from '@samsa/proto/grpc/status-codes'
import type { RaftClock } from '../driver/clock.ts'
import type { Address } from './address-book.ts'
import { probe } from './probe.ts'

/** What waits for a connection, or for a slow one. More is dropped. */
const waitingMessagesMax = 512
const waitingBytesMax = 16 * 1024 * 1024

const probeTimeoutMs = 500
const openTimeoutMs = 1_000
/** Between attempts; doubled each time. A dead peer costs two connections a second. */
const retryMinMs = 25
const retryMaxMs = 500

export interface PeerLinkSetup {
  readonly clock: RaftClock
  /** To call the peer with. */
  readonly credentials: () => ChannelCredentials
  /** Tried in turn, until one is the peer's. */
  addresses(): readonly Address[]
  hello(): HelloInit
  /** Nobody listens where the peer should. */
  onDown(): void
  /** The peer will not talk to this voter. */
  onRefused(reason: string): void
}

interface Waiting {
  readonly message: PeerMessageInit
  readonly bytes: number
}

type Stream = ClientDuplexStream<PeerMessageInit, Welcome>
type State = 'idle' | 'dialing' | 'opening' | 'open' | 'closed'

export class PeerLink {
  readonly #setup: PeerLinkSetup
  #state: State = 'idle'
  #client: Client | null = null
  #stream: Stream | null = null
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #retryMs = retryMinMs
  #retryAtMs = Number.NEGATIVE_INFINITY
  #isSuspected = false
  /** Counts up with every address that was tried in vain. */
  #turn = 0
  /** Where the peer was when it was last reached. */
  #reached: Address | null = null
  #cancelTimeout: () => void = () => undefined

  constructor(setup: PeerLinkSetup) {
    this.#setup = setup
  }

  send(message: PeerMessageInit, bytes: number): void {
    if (this.#state === 'idle') this.connect()
    if (this.#state === 'idle' || this.#state === 'closed') return
    if (this.#waitingBytes + bytes > waitingBytesMax) return
    if (this.#state === 'open') return this.#write({ message, bytes })
    if (this.#waiting.length >= waitingMessagesMax) return
    this.#waiting.push({ message, bytes })
    this.#waitingBytes += bytes
  }

  /** Opens the stream, unless it was tried a moment ago. */
  connect(): void {
    if (this.#state !== 'idle' || this.#setup.clock.nowMs() < this.#retryAtMs) return
    void this.#dial()
  }

  /** Something else that connected this voter with the peer broke: find out whether it lives. */
  suspect(): void {
    if (this.#state === 'idle') void this.#dial()
    else if (this.#state === 'opening') this.#isSuspected = true
    else if (this.#state === 'open' && this.#reached !== null) {
      void probe(this.#reached, probeTimeoutMs).then((result) => {
        if (result === 'refused' && this.#state !== 'closed') this.#setup.onDown()
      })
    }
  }

  /** Never rejects: a probe does not. */
  async #dial(): Promise<void> {
    const addresses = this.#setup.addresses()
    const address = addresses[this.#turn % addresses.length]
    if (address === undefined) return this.#failed()
    this.#state = 'dialing'
    const result = await probe(address, probeTimeoutMs)
    if (this.#state !== 'dialing') return
    if (result === 'listens') return this.#open(address)
    this.#failed()
    // Of an address where it never was, that says nothing.
    const isItsOwn = addresses.length === 1 || isSame(address, this.#reached)
    if (result === 'refused' && isItsOwn) this.#setup.onDown()
  }

  #failed(): void {
    this.#state = 'idle'
    this.#turn++
    this.#drop()
    this.#retryAtMs = this.#setup.clock.nowMs() + this.#retryMs
    this.#retryMs = Math.min(2 * this.#retryMs, retryMaxMs)
  }

  #drop(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #open(address: Address): void {
    const { host, port } = address
    const { credentials, clock } = this.#setup
    const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    this.#state = 'opening'
    this.#isSuspected = false
    this.#client = new (grpcJs().Client)(target, credentials(), channelOptions)
    const stream = openBidiStream(this.#client, Raft.exchange)
    this.#stream = stream
    stream.on('data', () => this.#opened(stream, address))
    stream.on('error', (error: ServiceError) => this.#broke(stream, error))
    stream.on('end', () => this.#broke(stream, null))
    this.#cancelTimeout = clock.after(openTimeoutMs, () => this.#broke(stream, null))
    stream.write({ hello: this.#setup.hello() })
  }

  #opened(stream: Stream, address: Address): void {
    if (stream !== this.#stream || this.#state !== 'opening') return
    this.#cancelTimeout()
    this.#state = 'open'
    this.#reached = address
    this.#retryMs = retryMinMs
    const waiting = this.#waiting
    this.#drop()
    for (const each of waiting) this.#write(each)
  }

  #write({ message, bytes }: Waiting): void {
    const stream = this.#stream
    if (stream === null || stream.writableLength >= waitingMessagesMax) return
    this.#waitingBytes += bytes
    stream.write(message, () => {
      if (stream === this.#stream) this.#waitingBytes -= bytes
    })
  }

  #broke(stream: Stream, error: ServiceError | null): void {
    if (stream !== this.#stream) return
    const wasThere = this.#state === 'open' || this.#isSuspected
    this.#hangUp()
    if (this.#state === 'closed') return
    const code: number | undefined = error?.code
    const isRefused = error !== null && code === statusCode.FAILED_PRECONDITION
    if (isRefused) {
      this.#retryMs = retryMaxMs
      this.#setup.onRefused(error.details)
    }
    this.#failed()
    if (!wasThere || isRefused) return
    // Whoever was there a moment ago has either gone, and that can be seen there, or is back soon.
    this.#turn--
    void this.#dial()
  }

  #hangUp(): void {
    this.#cancelTimeout()
    const stream = this.#stream
    this.#stream = null
    stream?.cancel()
    this.#client?.close()
    this.#client = null
  }

  /** What was written before is sent, as far as the peer takes it within that time. */
  async close(withinMs: number): Promise<void> {
    const stream = this.#stream
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#drop()
    if (stream !== null && wasOpen) {
      await new Promise<void>((resolve) => {
        const cancel = this.#setup.clock.after(withinMs, resolve)
        stream.once('status', () => {
          cancel()
          resolve()
        })
        stream.end()
      })
    }
    this.#hangUp()
  }
}

function isSame(a: Address, b: Address | null): boolean {
  return b !== null && a.host === b.host && a.port === b.port
}
