// A broker that answers as a test tells it to: one handler an API, over a real socket on a port of
// its own. Knows nothing of topics or groups; the test's handlers do. Serves every version of an
// API that has a handler.

import { createServer, type Server, type Socket } from 'node:net'
import { FrameReader } from '@samsa/cli/client/frames'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import {
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import type { Decoded, Encodable, VersionRange } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'

type RequestOf<N extends ApiName> = Decoded<(typeof apis)[N]['request']>
type ResponseOf<N extends ApiName> = Encodable<(typeof apis)[N]['response']>

/** 'silent': no answer at all. 'close': the connection ends. */
type Outcome<N extends ApiName> = ResponseOf<N> | 'silent' | 'close'
type FakeHandler<N extends ApiName> = (
  request: RequestOf<N>,
  version: number,
) => Outcome<N> | Promise<Outcome<N>>
export type FakeHandlers = { [N in ApiName]?: FakeHandler<N> }

/** A handler once its API is only known by name. */
type AnyHandler = (request: unknown, version: number) => unknown

interface AnyMessage {
  decode(reader: Reader, version: number): unknown
  encode(writer: Writer, value: unknown, version: number): void
}

export interface FakeBrokerOptions {
  /** Narrower ranges than all that there is. */
  readonly versions?: { readonly [N in ApiName]?: VersionRange }
  /** Answers every ApiVersions above this with UNSUPPORTED_VERSION, in version 0. */
  readonly apiVersionsMax?: number
}

export class FakeBroker {
  readonly handlers: FakeHandlers
  /** The APIs that were asked for, in order. */
  readonly asked: ApiName[] = []
  readonly #options: FakeBrokerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(handlers: FakeHandlers, options: FakeBrokerOptions) {
    this.handlers = handlers
    this.#options = options
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(
    handlers: FakeHandlers,
    options: FakeBrokerOptions = {},
    port = 0,
  ): Promise<FakeBroker> {
    const broker = new FakeBroker(handlers, options)
    await new Promise<void>((resolve, reject) => {
      broker.#server.once('error', reject)
      broker.#server.listen(port, '127.0.0.1', resolve)
    })
    return broker
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** How often an API was asked for. */
  count(api: ApiName): number {
    return this.asked.filter((one) => one === api).length
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    // One request at a time, as real brokers do: what waits keeps later ones waiting.
    let last: Promise<void> = Promise.resolve()
    const frames = new FrameReader((frame) => {
      last = last.then(() => this.#answer(socket, frame))
    })
    socket.on('data', (chunk: Buffer) => frames.push(chunk))
  }

  async #answer(socket: Socket, frame: Buffer): Promise<void> {
    const key = frame.readInt16BE(0)
    const version = frame.readInt16BE(2)
    const api = apiOf(key)
    this.asked.push(api)
    if (api === 'apiVersions') return this.#answerApiVersions(socket, frame, version)
    const { request, response } = apis[api]
    const reader = new Reader(frame)
    const { correlationId } = requestHeader.decode(reader, requestHeaderVersion(request, version))
    const handler = this.handlers[api] as unknown as AnyHandler | undefined
    if (handler === undefined) throw new Error(`the test has no handler for ${api}`)
    const outcome = await handler(request.decode(reader, version), version)
    if (outcome === 'close') return void socket.destroy()
    if (outcome !== 'silent') respond(socket, { key, version, correlationId, response }, outcome)
  }

  #answerApiVersions(socket: Socket, frame: Buffer, version: number): void {
    const key = apis.apiVersions.key
    const max = this.#options.apiVersionsMax ?? apis.apiVersions.request.versions.max
    const isKnown = version <= max
    const names = Object.keys(this.handlers) as ApiName[]
    const rows = [
      ...names.map((name) => ({ name, ...this.#rangeOf(name) })),
      { name: 'apiVersions' as const, min: 0, max },
    ]
    const apiKeys = rows
      .filter(({ name }) => isKnown || name === 'apiVersions')
      .map((row) => ({ apiKey: apis[row.name].key, minVersion: row.min, maxVersion: row.max }))
    const correlationId = frame.readInt32BE(4)
    const { response } = apis.apiVersions
    const answered = isKnown ? version : 0
    respond(
      socket,
      { key, version: answered, correlationId, response },
      { errorCode: isKnown ? 0 : 35, apiKeys },
    )
  }

  #rangeOf(name: ApiName): VersionRange {
    return this.#options.versions?.[name] ?? apis[name].request.versions
  }
}

function apiOf(key: number): ApiName {
  const found = Object.entries(apis).find(([, api]) => api.key === key)
  if (found === undefined) throw new Error(`no API has key ${key}`)
  return found[0] as ApiName
}

function respond(
  socket: Socket,
  to: {
    key: number
    version: number
    correlationId: number
    response: AnyMessage & { versions: VersionRange; flexibleSince: number }
  },
  value: unknown,
): void {
  const writer = new Writer()
  writer.int32(0)
  const headerVersion = responseHeaderVersion(to.key, to.response, to.version)
  responseHeader.encode(writer, { correlationId: to.correlationId }, headerVersion)
  to.response.encode(writer, value, to.version)
  const sizeBytes = writer.size - 4
  const bytes = writer.toBuffer()
  bytes.writeInt32BE(sizeBytes, 0)
  socket.write(bytes)
}
