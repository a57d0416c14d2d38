// HTTP to the API server, as the rest of the kernel sees it. node-transport.ts is the real one;
// tests put the in-memory API server behind it.

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly body?: unknown
  /** One of many like it: it has to wait for others of its kind, and nobody else for it. */
  readonly isBulk?: boolean
  readonly signal: AbortSignal
}

export interface KubeResponse {
  readonly status: number
  /** In milliseconds, where the server says so. */
  readonly retryAfterMs: number | null
  readonly body: unknown
}

export interface KubeStream {
  readonly status: number
  readonly retryAfterMs: number | null
  /** One JSON value a line. Ends when the server closes; throws when the connection breaks. */
  readonly lines: AsyncIterable<string>
  close(): void
}

export interface KubeTransport {
  /** Rejects with a KubeUnreachableError when no answer came; any status is an answer. */
  request(request: KubeRequest): Promise<KubeResponse>
  stream(request: KubeRequest): Promise<KubeStream>
  close(): void
}
