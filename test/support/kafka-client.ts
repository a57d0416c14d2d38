// A Kafka client of one connection for tests: encodes requests with the project's own schemas and
// pairs responses by correlation id. Works against any broker, Apache Kafka included. It never
// retries and knows no cluster: what a test sends is what goes out.

import { connect, type Socket } from 'node:net'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import {
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'

type RequestInput<N extends ApiName> = Encodable<(typeof apis)[N]['request']>
type ResponseOutput<N extends ApiName> = Decoded<(typeof apis)[N]['response']>

interface AnyMessage {
  encode(writer: Writer, value: unknown, version: number): void
}

interface Waiting {
  readonly decode: (reader: Reader) => unknown
  readonly resolve: (response: unknown) => void
  readonly reject: (error: Error) => void
}

export interface KafkaClientOptions {
  readonly port: number
  readonly host?: string
  readonly clientId?: string | null
}

export class KafkaClient {
  readonly #socket: Socket
  readonly #clientId: string | null
  readonly #waiting = new Map<number, Waiting>()
  #received: Buffer = Buffer.alloc(0)
  #nextCorrelationId = 1
  #closed: Error | undefined

  private constructor(socket: Socket, clientId: string | null) {
    this.#socket = socket
    this.#clientId = clientId
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the broker closed the connection')))
  }

  static connect(options: KafkaClientOptions): Promise<KafkaClient> {
    const { port, host = '127.0.0.1', clientId = 'test' } = options
    return new Promise((resolve, reject) => {
      const socket = connect(port, host)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new KafkaClient(socket, clientId))
      })
    })
  }

  /** Sends one request and resolves with its response. Requests may be in flight together. */
  send<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInput<N>,
  ): Promise<ResponseOutput<N>> {
    const api = apis[name]
    const correlationId = this.#nextCorrelationId++
    const frame = this.#frame(name, version, correlationId, request)
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed)
        return
      }
      this.#waiting.set(correlationId, {
        decode: (reader) => {
          const headerVersion = responseHeaderVersion(api.key, api.response, version)
          responseHeader.decode(reader, headerVersion)
          return api.response.decode(reader, version)
        },
        resolve: resolve as (response: unknown) => void,
        reject,
      })
      this.#socket.write(frame)
    })
  }

  /** Sends bytes as they are, without a size in front: for tests of hostile input. */
  sendRaw(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** The answer to what was sent raw with this correlation id: the bytes after the id. */
  rawAnswer(correlationId: number, onAnswer: (body: Buffer) => void): void {
    this.#waiting.set(correlationId, {
      decode: (reader) => reader.bytes(reader.remaining).subarray(4),
      resolve: (body) => onAnswer(body as Buffer),
      reject: () => {},
    })
  }

  /** Called when the connection has ended, or at once if it has. */
  onClosed(action: () => void): void {
    if (this.#socket.closed) action()
    else this.#socket.once('close', action)
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve()).destroy()
    })
  }

  #frame<N extends ApiName>(
    name: N,
    version: number,
    correlationId: number,
    request: RequestInput<N>,
  ): Buffer {
    const api = apis[name]
    const writer = new Writer()
    writer.int32(0)
    requestHeader.encode(
      writer,
      {
        requestApiKey: api.key,
        requestApiVersion: version,
        correlationId,
        clientId: this.#clientId,
      },
      requestHeaderVersion(api.request, version),
    )
    const message = api.request as AnyMessage
    message.encode(writer, request, version)
    const frame = writer.toBuffer()
    frame.writeInt32BE(frame.length - 4, 0)
    return frame
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0)
      if (this.#received.length < 4 + size) return
      // A copy, since what the decoder returns views the frame.
      const frame = Buffer.from(this.#received.subarray(4, 4 + size))
      this.#received = this.#received.subarray(4 + size)
      this.#answer(frame)
    }
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const waiting = this.#waiting.get(correlationId)
    if (waiting === undefined) {
      this.#end(new Error(`a response to no request: correlation id ${correlationId}`))
      return
    }
    this.#waiting.delete(correlationId)
    try {
      const reader = new Reader(frame)
      const response = waiting.decode(reader)
      if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes after the response`)
      waiting.resolve(response)
    } catch (error) {
      waiting.reject(error as Error)
    }
  }

  #end(error: Error): void {
    this.#closed ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#closed)
    this.#waiting.clear()
    this.#socket.destroy()
  }
}
