// An API server in memory, behind real HTTP: list (paged), watch (with bookmarks), get, create,
// replace, patches, server-side apply, delete. Tests break it on purpose: `fault` answers a request
// instead of it, `dropWatches` and `compact` do to watches what happens to them in real clusters.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Json } from './field-sets.ts'
import { ApiError, type Change, ObjectStore, type Place } from './store.ts'

export interface Fault {
  readonly status: number
  readonly headers?: Record<string, string>
  /** Never answer. */
  readonly isSilent?: boolean
}

interface Target {
  readonly collection: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

export class KubeApiServer {
  readonly store = new ObjectStore()
  /** Decides each request's fate; undefined lets it through. */
  fault: (request: { method: string; path: string; query: URLSearchParams }) => Fault | undefined =
    () => undefined
  readonly requests: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #watches = new Set<ServerResponse>()

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(): Promise<KubeApiServer> {
    const api = new KubeApiServer()
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve))
    return api
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get watchCount(): number {
    return this.#watches.size
  }

  /** In order, as at their timeout, or broken off in the middle. */
  dropWatches(how: 'end' | 'break'): void {
    for (const watch of this.#watches) {
      this.#watches.delete(watch)
      if (how === 'end') watch.end()
      else watch.destroy()
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const method = request.method ?? 'GET'
    this.requests.push(`${method} ${url.pathname}`)
    const fault = this.fault({ method, path: url.pathname, query: url.searchParams })
    if (fault?.isSilent === true) return
    if (fault !== undefined) {
      const headers = { 'Content-Type': 'application/json', ...fault.headers }
      response.writeHead(fault.status, headers)
      return void response.end(statusText(fault.status, 'Fault', 'a fault of the test'))
    }
    try {
      const target = targetOf(url.pathname)
      if (url.searchParams.get('watch') === 'true') return this.#watch(target, url, response)
      const body = await readJson(request)
      const answer = this.#answer(method, target, url.searchParams, request.headers, body)
      response.writeHead(method === 'POST' ? 201 : 200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      response.writeHead(error.code, { 'Content-Type': 'application/json' })
      response.end(statusText(error.code, error.reason, error.message))
    }
  }

  #answer(
    method: string,
    target: Target,
    query: URLSearchParams,
    headers: IncomingMessage['headers'],
    body: Json,
  ): unknown {
    const { collection, namespace, name } = target
    if (method === 'POST') {
      const { metadata } = body as { metadata: { name: string } }
      return this.store.create({ collection, namespace, name: metadata.name }, body)
    }
    if (name === undefined) return this.#list(target, query)
    const place: Place = { collection, namespace, name }
    const subresource = target.subresource === 'status' ? 'status' : undefined
    switch (method) {
      case 'GET':
        return this.store.get(place)
      case 'PUT':
        return this.store.replace(place, body)
      case 'PATCH':
        return headers['content-type']?.startsWith('application/apply-patch') === true
          ? this.store.apply(place, query.get('fieldManager') ?? '', body, subresource)
          : this.store.mergePatch(place, body, subresource)
      case 'DELETE': {
        const { preconditions } = (body ?? {}) as { preconditions?: { uid?: string } }
        this.store.delete(place, preconditions?.uid)
        return { kind: 'Status', apiVersion: 'v1', status: 'Success' }
      }
      default:
        throw new ApiError(405, 'MethodNotAllowed', method)
    }
  }

  #list({ collection, namespace }: Target, query: URLSearchParams): unknown {
    const selector = query.get('labelSelector')
    const all = this.store
      .list(collection, namespace)
      .filter((object) => isSelected(object, selector))
    const from = Number(query.get('continue') ?? 0)
    const limit = Number(query.get('limit') ?? all.length)
    const items = all.slice(from, from + limit)
    const next = from + limit < all.length ? String(from + limit) : undefined
    const metadata = { resourceVersion: String(this.store.version), continue: next }
    return { kind: 'List', apiVersion: 'v1', metadata, items }
  }

  #watch({ collection, namespace }: Target, url: URL, response: ServerResponse): void {
    const selector = url.searchParams.get('labelSelector')
    const version = Number(url.searchParams.get('resourceVersion') ?? 0)
    const missed = this.store.since(collection, version)
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    const tell = (change: Change) => {
      const { object, type } = change
      if (response.writableEnded || change.collection !== collection) return
      if (namespace !== undefined && object.metadata.namespace !== namespace) return
      if (!isSelected(object, selector)) return
      response.write(`${JSON.stringify({ type, object })}\n`)
    }
    for (const change of missed) tell(change)
    const unsubscribe = this.store.subscribe(tell)
    this.#watches.add(response)
    response.on('close', () => {
      unsubscribe()
      this.#watches.delete(response)
    })
  }
}

function isSelected(
  object: { metadata: { labels?: Record<string, string> } },
  selector: string | null,
) {
  if (selector === null || selector === '') return true
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=')
    const label = object.metadata.labels?.[key]
    return value === undefined ? label !== undefined : label === value
  })
}

/** /api/v1/namespaces/ns/pods/name/status, /apis/group/version/namespaces/ns/plural/name… */
function targetOf(path: string): Target {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const isCore = parts[0] === 'api'
  const apiVersion = isCore ? parts[1] : `${parts[1]}/${parts[2]}`
  const rest = parts.slice(isCore ? 2 : 3)
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2
  const namespace = isNamespaced ? rest[1] : undefined
  const [plural = '', name, subresource] = isNamespaced ? rest.slice(2) : rest
  return { collection: `${apiVersion}/${plural}`, namespace, name, subresource }
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? null : (JSON.parse(text) as Json)
}

function statusText(code: number, reason: string, message: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message,
  })
}
