// HTTP to a real API server over node:https: addresses and credentials by the client library's
// KubeConfig, which renews tokens by itself; connections are kept and bounded. Knows nothing of
// what is asked.

import type { IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { createInterface } from 'node:readline'
import { KubeUnreachableError } from './errors.ts'
import type { KubeRequest, KubeResponse, KubeStream, KubeTransport } from './transport.ts'

export interface KubeEndpoint {
  /** https://host:port, or http for tests. */
  readonly server: string
  /** Adds certificates and the Authorization header as they are now. */
  readonly authorize: (options: RequestOptions) => Promise<void>
}

const bodyBytesMax = 64 * 1024 * 1024
/** Of each agent. */
const socketsMax = 16

export class NodeTransport implements KubeTransport {
  readonly #endpoint: KubeEndpoint
  readonly #agent = new Agent({ keepAlive: true, maxSockets: socketsMax, timeout: 120_000 })
  /** Thousands of topics must not hold up what a cluster needs. */
  readonly #bulkAgent = new Agent({ keepAlive: true, maxSockets: socketsMax, timeout: 120_000 })
  /** Watches last, and must not take the connections that requests need. */
  readonly #watchAgent = new Agent({ keepAlive: false })

  constructor(endpoint: KubeEndpoint) {
    this.#endpoint = endpoint
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    const agent = request.isBulk === true ? this.#bulkAgent : this.#agent
    const message = await this.#open(request, agent)
    const { statusCode: status = 0 } = message
    try {
      const text = await readAll(message)
      return { status, retryAfterMs: retryAfter(message), body: text === '' ? null : json(text) }
    } catch (error) {
      throw unreachable(request, error)
    }
  }

  async stream(request: KubeRequest): Promise<KubeStream> {
    const message = await this.#open(request, this.#watchAgent)
    return {
      status: message.statusCode ?? 0,
      retryAfterMs: retryAfter(message),
      lines: linesOf(request, message),
      close: () => message.destroy(),
    }
  }

  close(): void {
    this.#agent.destroy()
    this.#bulkAgent.destroy()
    this.#watchAgent.destroy()
  }

  async #open(request: KubeRequest, agent: Agent): Promise<IncomingMessage> {
    const { server, authorize } = this.#endpoint
    const query = new URLSearchParams(request.query).toString()
    const url = new URL(`${request.path}${query === '' ? '' : `?${query}`}`, server)
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const isSecure = url.protocol === 'https:'
    const options: RequestOptions = {
      method: request.method,
      signal: request.signal,
      headers: { Accept: 'application/json', 'User-Agent': 'samsa-operator' },
      ...(isSecure && { agent }),
    }
    await authorize(options)
    const headers: Record<string, string | number> = { ...(options.headers as object) }
    if (body !== undefined) {
      headers['Content-Type'] = request.contentType ?? 'application/json'
      headers['Content-Length'] = Buffer.byteLength(body)
    }
    return new Promise((resolve, reject) => {
      const send = isSecure ? httpsRequest : httpRequest
      const sent = send(url, { ...options, headers }, resolve)
      sent.on('error', (error) => reject(unreachable(request, error)))
      sent.end(body)
    })
  }
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new Error(`an answer of more than ${bodyBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function* linesOf(request: KubeRequest, message: IncomingMessage): AsyncGenerator<string> {
  const reader = createInterface({ input: message, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of reader) if (line !== '') yield line
  } catch (error) {
    throw unreachable(request, error)
  }
  // A connection that breaks off ends the lines as an ordered end does.
  if (!message.complete) throw unreachable(request, new Error('the connection broke off'))
}

function retryAfter(message: IncomingMessage): number | null {
  const seconds = Number(message.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null
}

/** What is no JSON comes from something in between: its text is the message. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { reason: 'NotJson', message: text.slice(0, 500) }
  }
}

function unreachable({ method, path, signal }: KubeRequest, error: unknown): KubeUnreachableError {
  const cause = signal.aborted ? signal.reason : error
  const why = cause instanceof Error ? cause.message : String(cause)
  return new KubeUnreachableError(`${method} ${path}: no answer from the API server: ${why}`, {
    cause,
  })
}
