// One client connection: frames in, responses out in the order of the requests. Owns the socket,
// the receive chunk and the queue of requests; knows nothing of what is in a frame. Kafka works on
// one request of a connection at a time; here Produce requests of one connection may overlap (their
// appends still start in order), others never do.

import type { Socket } from 'node:net'
import { type Inlet, readInto } from './accept.ts'
import type { Chunk, ChunkPool } from './chunk-pool.ts'
import { FrameReader } from './frame-reader.ts'
import { muteMaxMs, pipelinedRequestsMax, unsentBytesMax } from './limits.ts'
import type { RequestBudget } from './request-budget.ts'

export interface IncomingRequest {
  /**
   * Without the size field. Valid until the response has been made; copied memory unless the
   * request overlaps.
   */
  readonly frame: Buffer
  readonly connection: Connection
  readonly receivedAtMs: number
}

export interface OutgoingResponse {
  /** Size field included; null when the request gets no response (Produce with acks=0). */
  readonly chunks: readonly Buffer[] | null
  /** Called once the bytes are out of our hands. */
  readonly release?: (() => void) | undefined
  /** KIP-219: the connection is not read for this long after the response. */
  readonly muteMs?: number
}

/** What serves the requests. A rejection closes the connection. */
export interface ConnectionService {
  /** Whether this request may run while earlier ones of the same kind are still being worked on. */
  overlaps(frame: Buffer): boolean
  serve(request: IncomingRequest): Promise<OutgoingResponse>
}

export interface ConnectionOptions {
  readonly listener: string
  readonly principal: string
  readonly pool: ChunkPool
  readonly budget: RequestBudget
  readonly frameBytesMax: number
  readonly service: ConnectionService
  readonly monotonicMs: () => number
  readonly onClosed: (connection: Connection, cause: Error | null) => void
}

interface QueuedRequest {
  readonly frame: Buffer
  readonly chunk: Chunk | null
  readonly overlaps: boolean
  readonly receivedAtMs: number
}

interface Slot {
  readonly overlaps: boolean
  response: OutgoingResponse | null
}

const afterClose = Buffer.alloc(1)

export class Connection {
  readonly listener: string
  readonly remoteHost: string
  readonly remotePort: number
  /** In Kafka's form, `User:alice`. Set by TLS, and by the request layer once SASL is through. */
  principal: string
  /** Set by the request layer: whether the client logged in by a delegation token. */
  isByToken = false
  /** Set by the request layer: what it learns of the client (software name and version). */
  client: { readonly name: string; readonly version: string } | null = null
  lastActiveMs: number
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #inlet: Inlet
  readonly #reader: FrameReader
  readonly #abort = new AbortController()
  readonly #queued: QueuedRequest[] = []
  readonly #slots: Slot[] = []
  #paused = false
  #corked = false
  /** There while the connection is muted: what will end that, and when. */
  #mute: { readonly timer: NodeJS.Timeout; readonly untilMs: number } | null = null
  #awaitingBudget = false
  #draining = false
  #closed = false

  constructor(accepted: Socket, options: ConnectionOptions) {
    this.#options = options
    this.listener = options.listener
    this.principal = options.principal
    this.remoteHost = (accepted.remoteAddress ?? '').replace(/^::ffff:/, '')
    this.remotePort = accepted.remotePort ?? 0
    this.lastActiveMs = options.monotonicMs()
    this.#reader = new FrameReader(options.pool, options.frameBytesMax, (frame, chunk) =>
      this.#enqueue(frame, chunk),
    )
    this.#inlet = readInto(accepted, {
      // Node asks once more after a read that closed the connection; nothing is read into that.
      space: () => (this.#closed ? afterClose : this.#reader.space()),
      filled: (count) => this.#filled(count),
    })
    this.#socket = this.#inlet.socket
    this.#socket.on('error', (error) => this.close(error))
    this.#socket.on('close', () => this.close(null))
    this.#socket.on('end', () => this.close(null))
    this.#socket.on('drain', () => this.#advance())
    this.#inlet.resume()
  }

  /** The largest frame from now on: little until the client has logged in. */
  limitFrames(frameBytesMax: number): void {
    this.#reader.frameBytesMax = frameBytesMax
  }

  /** Aborts when the connection closes. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get idle(): boolean {
    return this.#slots.length === 0 && this.#queued.length === 0
  }

  #filled(count: number): boolean {
    if (this.#closed) return false
    this.lastActiveMs = this.#options.monotonicMs()
    try {
      this.#reader.filled(count)
    } catch (error) {
      this.close(error as Error)
      return false
    }
    this.#paused = this.#mustPause()
    return !this.#paused
  }

  #mustPause(): boolean {
    return (
      this.#closed ||
      this.#mute !== null ||
      this.#draining ||
      this.#queued.length + this.#slots.length >= pipelinedRequestsMax ||
      this.#socket.writableLength > unsentBytesMax
    )
  }

  /** Takes a frame in; false when no more should come for now. */
  #enqueue(frame: Buffer, chunk: Chunk): boolean {
    const overlaps = this.#options.service.overlaps(frame)
    if (overlaps) chunk.retain()
    this.#queued.push({
      frame: overlaps ? frame : Buffer.from(frame),
      chunk: overlaps ? chunk : null,
      overlaps,
      receivedAtMs: this.lastActiveMs,
    })
    this.#startQueued()
    return !this.#mustPause()
  }

  #startQueued(): void {
    for (;;) {
      const next = this.#queued[0]
      if (next === undefined || this.#closed || this.#mute !== null || this.#awaitingBudget) return
      const last = this.#slots.at(-1)
      if (last !== undefined && !(last.overlaps && next.overlaps)) return
      if (this.#socket.writableLength > unsentBytesMax) return
      if (!this.#options.budget.take(next.frame.length)) {
        this.#awaitingBudget = true
        this.#options.budget.wait(() => {
          this.#awaitingBudget = false
          this.#advance()
        })
        return
      }
      this.#queued.shift()
      this.#start(next)
    }
  }

  #start(request: QueuedRequest): void {
    const slot: Slot = { overlaps: request.overlaps, response: null }
    this.#slots.push(slot)
    const done = () => {
      request.chunk?.release()
      this.#options.budget.give(request.frame.length)
    }
    const { frame, receivedAtMs } = request
    this.#options.service.serve({ frame, connection: this, receivedAtMs }).then(
      (response) => {
        slot.response = response
        done()
        this.#sendReady()
      },
      (error: unknown) => {
        done()
        this.close(error instanceof Error ? error : new Error(String(error)))
      },
    )
  }

  /** Sends the responses that are next in order, all of one turn in one vectored write. */
  #sendReady(): void {
    for (;;) {
      const response = this.#slots[0]?.response
      if (response === undefined || response === null) break
      this.#slots.shift()
      if (this.#closed) response.release?.()
      else this.#send(response)
    }
    this.#advance()
  }

  #send({ chunks, release, muteMs }: OutgoingResponse): void {
    if (muteMs !== undefined && muteMs > 0) this.#muteFor(muteMs)
    if (chunks === null || chunks.length === 0) return release?.()
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    const lastIndex = chunks.length - 1
    for (let index = 0; index < lastIndex; index++) this.#socket.write(chunks[index] as Buffer)
    this.#socket.write(chunks[lastIndex] as Buffer, release)
  }

  /** The longest of what responses ask for counts; closing ends it. */
  #muteFor(muteMs: number): void {
    const untilMs = this.#options.monotonicMs() + Math.min(muteMs, muteMaxMs)
    if (this.#mute !== null) {
      if (this.#mute.untilMs >= untilMs) return
      clearTimeout(this.#mute.timer)
    }
    const timer = setTimeout(
      () => {
        this.#mute = null
        this.#advance()
      },
      Math.min(muteMs, muteMaxMs),
    )
    this.#mute = { timer, untilMs }
  }

  /** Starts what may start, then takes in what was held back. */
  #advance(): void {
    if (this.#closed) return
    this.#startQueued()
    if (!this.#paused || this.#mustPause()) return this.#endIfDrained()
    try {
      this.#reader.deliver()
    } catch (error) {
      this.close(error as Error)
      return
    }
    this.#paused = this.#mustPause()
    if (!this.#paused) this.#inlet.resume()
  }

  /** Reads no more, answers what has been asked, then closes. */
  drain(): void {
    this.#draining = true
    this.#paused = true
    this.#inlet.pause()
    this.#endIfDrained()
  }

  #endIfDrained(): void {
    if (this.#draining && this.idle && !this.#closed) this.#socket.end(() => this.close(null))
  }

  close(cause: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#mute?.timer)
    for (const request of this.#queued.splice(0)) request.chunk?.release()
    this.#abort.abort()
    this.#socket.destroy()
    this.#reader.close()
    this.#options.onClosed(this, cause)
  }
}
