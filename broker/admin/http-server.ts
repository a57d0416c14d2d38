// The HTTP port: /healthz (the process answers), /readyz (it serves its partitions), /metrics
// (Prometheus text). Reads only; nothing can be changed through it.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricsRegistry } from './prometheus.ts'

// Not by import: for that Node reads every export of the module, which loads its HTTP client for
// WebSocket and takes 5 MB of memory and 30 ms of the start (Node 24.21, November 2026).
const { createServer } = process.getBuiltinModule('node:http')

/** Scrapers and probes are few; more than this is a mistake or an attack. */
const connectionsMax = 64
const requestTimeoutMs = 10_000

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly registry: MetricsRegistry
  /** Metrics that are not ours to register: Prometheus text. */
  readonly moreMetrics?: () => string
  /** null when ready, else what is missing. */
  readonly notReady: () => string | null
}

export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy())
  })
  server.maxConnections = connectionsMax
  server.requestTimeout = requestTimeoutMs
  server.headersTimeout = requestTimeoutMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  return { port, close: () => closeServer(server) }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpOptions) {
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return end(response, 405, 'only GET is served\n')
  }
  switch (new URL(request.url ?? '/', 'http://node').pathname) {
    case '/healthz':
      return end(response, 200, 'ok\n')
    case '/readyz': {
      const reason = options.notReady()
      return end(response, reason === null ? 200 : 503, `${reason ?? 'ok'}\n`)
    }
    case '/metrics': {
      const text = await options.registry.metrics()
      const more = options.moreMetrics?.() ?? ''
      return end(response, 200, `${text}${more}`, options.registry.contentType)
    }
    default:
      return end(response, 404, 'served here: /healthz /readyz /metrics\n')
  }
}

function end(response: ServerResponse, status: number, body: string, type = 'text/plain') {
  response.writeHead(status, { 'Content-Type': type })
  response.end(body)
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
