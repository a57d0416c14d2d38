// One connection to a broker, encrypted and logged in where that is asked for: frames, correlation
// ids, version negotiation, a deadline for each request. Requests go out as they come and answers
// are matched in order. A connection that fails once stays failed: whoever wants to go on opens
// another.

import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import { errorCodes } from '@samsa/proto/kafka/errors'
import {
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import { DecodeError } from '@samsa/proto/wire/errors'
import type { Decoded, Encodable, VersionRange } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { version } from '../version.ts'
import type { Address } from './addresses.ts'
import {
  AuthenticationError,
  ConnectionError,
  IncompatibleError,
  StoppedError,
  TimeoutError,
} from './errors.ts'
import { FrameReader } from './frames.ts'
import { connectTimeoutMs } from './limits.ts'
import { type ClientLogIn, type ClientSecurity, noSecurity } from './security.ts'

export type RequestOf<N extends ApiName> = Encodable<(typeof apis)[N]['request']>
export type ResponseOf<N extends ApiName> = Decoded<(typeof apis)[N]['response']>
/** A request body, or how to make it for the version that was agreed on. */
export type Body<N extends ApiName> = RequestOf<N> | ((version: number) => RequestOf<N>)

/** The response of an API, with the version it came in. */
export interface Answer<N extends ApiName> {
  readonly response: ResponseOf<N>
  readonly version: number
}

export interface RequestOptions {
  readonly timeoutMs: number
  /** Stay below what both sides could speak. */
  readonly versionMax?: number
  /** For a request that asks the broker for no response (Produce with acks=0). */
  readonly noResponse?: boolean
}

export interface OpenOptions {
  /** For the connection, and again for the agreement on versions. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly security?: ClientSecurity
}

interface Pending {
  readonly correlationId: number
  readonly what: string
  finish(outcome: { frame: Buffer } | { error: Error }): void
}

interface AnyMessage {
  readonly name: string
  readonly versions: VersionRange
  readonly flexibleSince: number
  decode(reader: Reader, version: number): unknown
  encode(writer: Writer, value: unknown, version: number): void
}

const clientId = 'samsa'

export class Connection {
  readonly address: string
  #socket: Socket
  #pending: Pending[] = []
  #nextCorrelationId = 0
  #versions: ReadonlyMap<number, VersionRange> = new Map()
  #failure: Error | undefined

  private constructor(address: string, socket: Socket) {
    this.address = address
    this.#socket = socket
    const frames = new FrameReader((frame) => this.#answered(frame))
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk)
      } catch (error) {
        this.#fail(new IncompatibleError(`${address}: ${(error as Error).message}`))
      }
    })
    socket.on('error', (error) => this.#fail(connectionError(address, error)))
    socket.on('close', () => {
      this.#fail(new ConnectionError(`${address} closed the connection`))
    })
  }

  /** Connects and agrees on the versions of all APIs. */
  static async open({ host, port }: Address, options: OpenOptions = {}): Promise<Connection> {
    const { timeoutMs = connectTimeoutMs, signal, security = noSecurity } = options
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const { tls, logIn } = security
    // An address has no name that TLS could ask for; its certificate is held to the address.
    const named = isIP(host) === 0 ? { servername: host } : {}
    const socket =
      tls === null
        ? connectSocket({ host, port, noDelay: true })
        : connectTls({ ...tls, ...named, host, port }).setNoDelay()
    const event = tls === null ? 'connect' : 'secureConnect'
    try {
      await connected(socket, { address, timeoutMs, signal, event })
      const connection = new Connection(address, socket)
      await connection.#negotiate(timeoutMs)
      if (logIn !== null) await connection.#logIn(logIn, timeoutMs)
      return connection
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  close(): void {
    this.#fail(new ConnectionError(`the connection to ${this.address} is closed`))
  }

  /**
   * The version that requests of an API go out in; undefined when the broker does not serve the
   * API.
   */
  versionOf(api: ApiName, versionMax = Number.POSITIVE_INFINITY): number | undefined {
    const offered = this.#versions.get(apis[api].key)
    const known = apis[api].request.versions
    if (offered === undefined) return undefined
    const max = Math.min(offered.max, known.max, versionMax)
    return max >= offered.min && max >= known.min ? max : undefined
  }

  async request<N extends ApiName>(
    api: N,
    body: Body<N>,
    options: RequestOptions,
  ): Promise<Answer<N>> {
    const agreed = this.versionOf(api, options.versionMax)
    if (agreed === undefined) {
      throw new IncompatibleError(
        `${this.address} does not serve ${apis[api].name} in a version that this client speaks`,
      )
    }
    const value = typeof body === 'function' ? body(agreed) : body
    const response = await this.#send(api, agreed, value, options)
    return { response: response as ResponseOf<N>, version: agreed }
  }

  async #send(
    api: ApiName,
    apiVersion: number,
    value: unknown,
    { timeoutMs, noResponse = false }: RequestOptions,
  ): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    const { key, name } = apis[api]
    const request: AnyMessage = apis[api].request
    const response: AnyMessage = apis[api].response
    const correlationId = this.#nextCorrelationId
    this.#nextCorrelationId = (correlationId + 1) % 0x7fff_ffff
    const header = { requestApiKey: key, requestApiVersion: apiVersion, correlationId, clientId }
    const writer = new Writer()
    writer.int32(0)
    requestHeader.encode(writer, header, requestHeaderVersion(request, apiVersion))
    request.encode(writer, value, apiVersion)
    const sizeBytes = writer.size - 4
    const chunks = writer.finish()
    Writer.patchInt32(chunks, 0, sizeBytes)

    if (noResponse) return await this.#write(chunks)
    const answer = this.#expect(correlationId, name, timeoutMs)
    // A write that fails ends the connection, and with it the answer that is waited for.
    this.#write(chunks).catch(() => undefined)

    const reader = new Reader(await answer)
    try {
      responseHeader.decode(reader, responseHeaderVersion(key, response, apiVersion))
      // A broker that knows no such version of ApiVersions answers in version 0 (KIP-511).
      return api === 'apiVersions'
        ? decodeApiVersions(reader, apiVersion)
        : response.decode(reader, apiVersion)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      const what = `${this.address}: the response to ${name} version ${apiVersion}`
      throw new IncompatibleError(`${what} cannot be read: ${error.message}`, 1, { cause: error })
    }
  }

  /** Resolves once the kernel has all of it. */
  #write(chunks: readonly Buffer[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.cork()
      for (const [index, chunk] of chunks.entries()) {
        const isLast = index === chunks.length - 1
        this.#socket.write(chunk, (error) => {
          if (error) reject(connectionError(this.address, error))
          else if (isLast) resolve()
        })
      }
      this.#socket.uncork()
    })
  }

  #expect(correlationId: number, what: string, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // Answers come in order: behind one that does not come, none will.
        const seconds = timeoutMs / 1000
        this.#fail(new TimeoutError(`${this.address} did not answer ${what} in ${seconds} s`))
      }, timeoutMs)
      this.#pending.push({
        correlationId,
        what,
        finish(outcome) {
          clearTimeout(timer)
          if ('frame' in outcome) resolve(outcome.frame)
          else reject(outcome.error)
        },
      })
    })
  }

  #answered(frame: Buffer): void {
    const next = this.#pending.shift()
    const correlationId = frame.length >= 4 ? frame.readInt32BE(0) : -1
    if (next === undefined || next.correlationId !== correlationId) {
      next?.finish({ error: new IncompatibleError(`${this.address} answered out of order`) })
      this.#fail(new IncompatibleError(`${this.address} answered what was not asked`))
      return
    }
    next.finish({ frame })
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#socket.destroy()
    const pending = this.#pending
    this.#pending = []
    for (const one of pending) one.finish({ error })
  }

  async #logIn(user: ClientLogIn, timeoutMs: number): Promise<void> {
    const { mechanism, username } = user
    const refused = (why: string) => {
      return new AuthenticationError(`${this.address} does not let ${username} in: ${why}`)
    }
    const handshake = await this.request('saslHandshake', { mechanism }, { timeoutMs })
    const { errorCode, mechanisms } = handshake.response
    if (errorCode === errorCodes.UNSUPPORTED_SASL_MECHANISM) {
      throw refused(`it offers ${mechanisms.join(', ')}; choose one as sasl.mechanism`)
    }
    if (errorCode !== 0) throw refused('it asks nobody to log in; see security.protocol')
    const { logIn } = await import('./log-in.ts')
    await logIn(user, async (authBytes) => {
      const { response } = await this.request('saslAuthenticate', { authBytes }, { timeoutMs })
      if (response.errorCode !== 0) throw refused(response.errorMessage ?? 'the log-in failed')
      return Buffer.from(response.authBytes)
    })
  }

  async #negotiate(timeoutMs: number): Promise<void> {
    const options = { timeoutMs }
    const software = { clientSoftwareName: 'samsa', clientSoftwareVersion: version() }
    let asked = apis.apiVersions.request.versions.max
    for (;;) {
      const answer = await this.#send('apiVersions', asked, software, options)
      const response = answer as ResponseOf<'apiVersions'>
      const offered = new Map(
        response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
          apiKey,
          { min: minVersion, max: maxVersion },
        ]),
      )
      if (response.errorCode !== errorCodes.UNSUPPORTED_VERSION) {
        this.#versions = offered
        return
      }
      const max = offered.get(apis.apiVersions.key)?.max ?? 0
      if (asked === 0) throw new IncompatibleError(`${this.address} refuses every ApiVersions`)
      asked = Math.min(max, asked - 1)
    }
  }
}

function decodeApiVersions(reader: Reader, apiVersion: number): unknown {
  const start = reader.position
  const errorCode = reader.int16()
  reader.position = start
  const { response } = apis.apiVersions
  return response.decode(reader, errorCode === errorCodes.UNSUPPORTED_VERSION ? 0 : apiVersion)
}

interface Connecting {
  readonly address: string
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** When the socket can be written to. */
  readonly event: 'connect' | 'secureConnect'
}

function connected(
  socket: Socket,
  { address, timeoutMs, signal, event }: Connecting,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => finish(new StoppedError())
    const timer = setTimeout(() => {
      const seconds = timeoutMs / 1000
      finish(new ConnectionError(`${address} does not answer: no connection in ${seconds} s`))
    }, timeoutMs)
    const finish = (error?: Error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      socket.off('error', onError)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onError = (error: Error) => finish(connectionError(address, error))
    signal?.addEventListener('abort', stop, { once: true })
    socket.once('error', onError)
    socket.once(event, () => finish())
  })
}

function connectionError(
  address: string,
  error: NodeJS.ErrnoException,
): ConnectionError | AuthenticationError {
  const cause = { cause: error }
  if (error.code === 'ECONNREFUSED') {
    const fix = "start a node ('samsa dev') or name another with --bootstrap-server"
    return new ConnectionError(`nothing listens at ${address}; ${fix}`, 1, cause)
  }
  // Of OpenSSL and node:tls: nothing that trying again changes.
  const isTls =
    /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(error.code ?? '') ||
    error.message.includes('before secure TLS connection')
  if (isTls) {
    const fix = 'look at security.protocol and ssl.truststore.location of --command-config'
    return new AuthenticationError(`${address}: no TLS: ${error.message}; ${fix}`, 1, cause)
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new ConnectionError(
      `the host name of ${address} is not known; check its spelling`,
      1,
      cause,
    )
  }
  return new ConnectionError(`${address}: ${error.message}`, 1, cause)
}
