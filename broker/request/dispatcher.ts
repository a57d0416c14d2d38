// From a frame to a response: reads the header, finds the handler, decodes, calls it, encodes. Owns
// nothing but the table of APIs. A frame that breaks the protocol closes its connection, as in
// Kafka; only ApiVersions answers a version that is not known (KIP-511), so that a newer client can
// find one that both speak.

import { apis } from '@samsa/proto/kafka/apis'
import { errorCodes } from '@samsa/proto/kafka/errors'
import {
  requestHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import { messageElementsMax, textBytesMax } from '@samsa/proto/wire/limits'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { rightsOf } from '../authorization/authorizer.ts'
import type { RequestContext } from '../handlers/handler.ts'
import type { ChunkPool } from '../network/chunk-pool.ts'
import type { ConnectionService, IncomingRequest, OutgoingResponse } from '../network/connection.ts'
import type { SaslSession } from '../security/sasl/session.ts'
import type { Services } from '../services.ts'
import type { ServedApi } from './api-table.ts'
import { ConnectionRequestContext } from './request-context.ts'

/** What a stranger may ask on a listener with a log-in. */
const logInApis: ReadonlySet<number> = new Set([
  apis.apiVersions.key,
  apis.saslHandshake.key,
  apis.saslAuthenticate.key,
])

/** Other nodes' business, which is not held back. */
const exemptApi = apis.writeTxnMarkers.key
/** Times are 32 bits on the wire. */
const throttleTimeMaxMs = 2 ** 31 - 1

const frameSizeBytes = 4
const fixedHeaderBytes = 8

/** A request that cannot be answered: the connection closes. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
}

export interface RequestObserver {
  /** Times are milliseconds on the monotonic clock. */
  onServed(apiName: string, receivedAtMs: number, startedAtMs: number, responseBytes: number): void
}

export interface DispatcherOptions {
  readonly apis: ReadonlyMap<number, ServedApi>
  readonly services: Services
  readonly pool: ChunkPool
  readonly observer: RequestObserver
}

export class Dispatcher implements ConnectionService {
  readonly #options: DispatcherOptions

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  overlaps(frame: Buffer): boolean {
    return frame.length >= fixedHeaderBytes && frame.readInt16BE(0) === apis.produce.key
  }

  async serve(incoming: IncomingRequest): Promise<OutgoingResponse> {
    const { frame, connection, receivedAtMs } = incoming
    const { logIn } = this.#options.services
    const session = logIn.sessionOf(connection)
    if (session?.takesRawTokens === true) return this.#rawToken(incoming, session)
    if (frame.length < fixedHeaderBytes) throw new InvalidRequestError('a frame without a header')
    const apiKey = frame.readInt16BE(0)
    const apiVersion = frame.readInt16BE(2)
    const correlationId = frame.readInt32BE(4)
    const api = this.#options.apis.get(apiKey)
    if (api === undefined) throw new InvalidRequestError(`unknown api key ${apiKey}`)
    if (!logInApis.has(apiKey) && !logIn.isOpen(connection)) {
      throw new InvalidRequestError(`${api.name} was asked before the log-in`)
    }
    if (apiVersion < api.request.versions.min || apiVersion > api.request.versions.max) {
      if (apiKey === apis.apiVersions.key) return unsupportedApiVersions(correlationId)
      throw new InvalidRequestError(`${api.name} has no version ${apiVersion}`)
    }
    const startedAtMs = this.#options.services.clock.monotonicMs()
    const reader = new Reader(frame, 0, frame.length, messageElementsMax, textBytesMax)
    const header = requestHeader.decode(reader, requestHeaderVersion(api.request, apiVersion))
    const request = api.request.decode(reader, apiVersion)
    const context = new ConnectionRequestContext({
      apiVersion,
      clientId: header.clientId,
      connection,
      pool: this.#options.pool,
    })
    const { quotas, clock } = this.#options.services
    // Runs until it first waits, which is when the time that it holds the processor for is over.
    const handled = this.#handle(api, request, context)
    const busyMs = quotas.enforced ? clock.monotonicMs() - startedAtMs : 0
    let chunks: Buffer[] | null
    let muteMs = 0
    try {
      const response = await handled
      chunks = response === null ? null : encode(api, apiVersion, correlationId, response as never)
      if (quotas.enforced) {
        muteMs = this.#charge(incoming, context, { api, response, chunks, busyMs })
        if (muteMs > 0 && response !== null) {
          // Once more: the time is a part of it.
          const told = { ...response, throttleTimeMs: muteMs }
          chunks = encode(api, apiVersion, correlationId, told as never)
        }
      }
    } catch (error) {
      context.release?.()
      throw error
    }
    const responseBytes = bytesOf(chunks)
    this.#options.observer.onServed(api.name, receivedAtMs, startedAtMs, responseBytes)
    return { chunks, release: context.release, muteMs }
  }

  /** Books what a request cost; for how long its connection is muted (KIP-219). */
  #charge(
    { frame, connection }: IncomingRequest,
    context: RequestContext,
    work: {
      readonly api: ServedApi
      readonly response: unknown
      readonly chunks: readonly Buffer[] | null
      readonly busyMs: number
    },
  ): number {
    const { quotas, logIn, clock } = this.#options.services
    const { api, response, chunks, busyMs } = work
    if (api.key === exemptApi || !logIn.isOpen(connection)) return 0
    const cost = {
      produceBytes: api.key === apis.produce.key ? frame.length : 0,
      fetchBytes: api.key === apis.fetch.key ? bytesOf(chunks) : 0,
      busyMs,
    }
    // What a handler holds its client back for is said in its response.
    const asked = (response as { readonly throttleTimeMs?: number } | null)?.throttleTimeMs ?? 0
    const owed = quotas.spend(context, cost, clock.monotonicMs())
    return Math.min(throttleTimeMaxMs, Math.max(asked, owed))
  }

  /** By way of the API's guard where an authorizer is configured. */
  async #handle(api: ServedApi, request: unknown, context: RequestContext): Promise<unknown> {
    const { services } = this.#options
    const authorizer = services.authorizer()
    if (authorizer === null) return api.handle(request, services, context)
    const { apiVersion, principal, clientHost: host } = context
    const rights = rightsOf(authorizer, { principal, host })
    if (api.guard === null) throw new InvalidRequestError(`${api.name} is guarded by nothing`)
    const guarded = api.guard(request, rights, { apiVersion, image: services.metadata() })
    if ('response' in guarded) return guarded.response
    const response = await api.handle(guarded.request, services, context)
    if (response === null || guarded.complete === undefined) return response
    return guarded.complete(response)
  }

  /** After SaslHandshake version 0: a frame is a token, and so is the answer. */
  async #rawToken(
    { frame, connection }: IncomingRequest,
    session: SaslSession,
  ): Promise<OutgoingResponse> {
    const result = await this.#options.services.logIn.step(connection, session, frame)
    if (result.type === 'out-of-turn' || result.type === 'failed') {
      throw new InvalidRequestError('the log-in failed')
    }
    const size = Buffer.alloc(frameSizeBytes)
    size.writeInt32BE(result.reply.length)
    return { chunks: [size, result.reply] }
  }
}

/** Of a response, without its size field. */
function bytesOf(chunks: readonly Buffer[] | null): number {
  return chunks?.[0]?.readInt32BE(0) ?? 0
}

function encode(api: ServedApi, apiVersion: number, correlationId: number, response: never) {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  // A flexible response header ends in its tagged fields, of which there are none.
  if (responseHeaderVersion(api.key, api.response, apiVersion) === 1) writer.unsignedVarint(0)
  api.response.encode(writer, response, apiVersion)
  const chunks = writer.finish()
  Writer.patchInt32(chunks, 0, writer.size - frameSizeBytes)
  return chunks
}

/** Version 0 of the response, with the one range that the client needs to try again (KIP-511). */
function unsupportedApiVersions(correlationId: number): OutgoingResponse {
  const { key, request, response } = apis.apiVersions
  const { min, max } = request.versions
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  const body = {
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: key, minVersion: min, maxVersion: max }],
  }
  response.encode(writer, body, 0)
  const chunks = writer.finish()
  Writer.patchInt32(chunks, 0, writer.size - frameSizeBytes)
  return { chunks }
}
