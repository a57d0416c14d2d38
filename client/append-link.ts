// One AppendStream to one broker: appends go out, many in one message, and each gets its result by
// its id. Opened by the first append; when it breaks, everything that waits is told, and the next
// append opens another.

import type { ClientDuplexStream } from '@grpc/grpc-js'
import { openBidiStream } from '@samsa/proto/grpc/calls'
import {
  type AppendRequestInit,
  type AppendResponse,
  type AppendStreamRequestInit,
  type AppendStreamResponse,
  Storage,
} from '@samsa/proto/grpc/gen/storage'
import type { Connections } from './connections.ts'
import { errorOfCall, errorOfFailure, SamsaError } from './errors.ts'
import { messageBytesMax } from './limits.ts'

type Stream = ClientDuplexStream<AppendStreamRequestInit, AppendStreamResponse>

interface Waiting {
  readonly resolve: (appended: AppendResponse) => void
  readonly reject: (error: SamsaError) => void
  readonly sentMs: number
}

interface Outgoing {
  readonly id: number
  readonly append: AppendRequestInit
  readonly sizeBytes: number
}

export class AppendLink {
  readonly #connections: Connections
  readonly #address: string
  readonly #timeoutMs: number
  #stream: Stream | null = null
  /** By id, the oldest first. */
  readonly #waiting = new Map<number, Waiting>()
  #outgoing: Outgoing[] = []
  #nextId = 1
  #isFlushing = false
  #isBlocked = false
  #timer: NodeJS.Timeout | null = null

  constructor(connections: Connections, address: string, timeoutMs: number) {
    this.#connections = connections
    this.#address = address
    this.#timeoutMs = timeoutMs
  }

  /** Rejects with a SamsaError. `sizeBytes`: of the batch. */
  append(append: AppendRequestInit, sizeBytes: number): Promise<AppendResponse> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, sentMs: performance.now() })
      this.#outgoing.push({ id, append, sizeBytes })
      this.#timer ??= setInterval(() => this.#expire(), this.#timeoutMs / 4)
      this.#flushSoon()
    })
  }

  /** Nothing may be under way any more that its sender still waits for. */
  close(): void {
    this.#stream?.end()
    this.#stream = null
    this.#fail(new SamsaError('NETWORK_EXCEPTION', 'the client is closed', { isAmbiguous: true }))
  }

  /** Everything of one turn goes together. */
  #flushSoon(): void {
    if (this.#isFlushing || this.#isBlocked) return
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#outgoing.length > 0 && !this.#isBlocked) {
      let sizeBytes = 0
      let count = 0
      for (const next of this.#outgoing) {
        if (count > 0 && sizeBytes + next.sizeBytes > messageBytesMax) break
        sizeBytes += next.sizeBytes
        count++
      }
      const appends = this.#outgoing.splice(0, count)
      try {
        const stream = this.#open()
        this.#isBlocked = !stream.write({ appends })
      } catch (error) {
        return this.#fail(errorOfCall(error))
      }
    }
  }

  #open(): Stream {
    if (this.#stream !== null) return this.#stream
    const stream: Stream = openBidiStream(this.#connections.to(this.#address), Storage.appendStream)
    this.#stream = stream
    stream.on('data', ({ results }: AppendStreamResponse) => this.#receive(results))
    stream.on('drain', () => {
      this.#isBlocked = false
      this.#flushSoon()
    })
    stream.on('error', (error) => this.#broken(stream, errorOfCall(error)))
    stream.on('end', () => {
      const text = `${this.#address} has ended the stream`
      const error = { retriable: true, isAmbiguous: true }
      this.#broken(stream, new SamsaError('NETWORK_EXCEPTION', text, error))
    })
    return stream
  }

  #receive(results: AppendStreamResponse['results']): void {
    for (const result of results) {
      const waiting = this.#waiting.get(result.id)
      if (waiting === undefined) continue
      this.#waiting.delete(result.id)
      if (result.result === 'appended') waiting.resolve(result.appended)
      else if (result.result === 'error') waiting.reject(errorOfFailure(result.error))
    }
    this.#stopTimerIfIdle()
  }

  #broken(stream: Stream, error: SamsaError): void {
    if (stream !== this.#stream) return
    this.#stream = null
    this.#fail(error)
  }

  #fail(error: SamsaError): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#outgoing = []
    this.#isBlocked = false
    this.#stopTimerIfIdle()
    for (const { reject } of waiting) reject(error)
  }

  /** A broker that does not answer is given up, with all that it was sent. */
  #expire(): void {
    const [oldest] = this.#waiting.values()
    if (oldest === undefined || performance.now() - oldest.sentMs < this.#timeoutMs) return
    const stream = this.#stream
    this.#stream = null
    stream?.cancel()
    const text = `no answer from ${this.#address} within ${this.#timeoutMs} ms`
    const error = { retriable: true, isAmbiguous: true }
    this.#fail(new SamsaError('REQUEST_TIMED_OUT', text, error))
  }

  #stopTimerIfIdle(): void {
    if (this.#waiting.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}
