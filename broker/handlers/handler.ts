// What a request handler is. One file per API; each exports one Handler and is listed once in
// registry.ts. A handler gets the decoded request and what it may touch, and returns the response;
// the version that it is encoded in is not its business. A handler that throws a BrokerError has
// its connection answered by `failed` of the registry where there is one, and closed otherwise:
// errors that a client should see belong in the response.

import type { ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import type { Connection } from '../network/connection.ts'
import type { Services } from '../services.ts'

export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  /** The peer's address without the port: '127.0.0.1'. */
  readonly clientHost: string
  /** The listener that the request came in by. */
  readonly listener: string
  /** Kafka's principal form, 'User:ANONYMOUS' on a plaintext listener. */
  readonly principal: string
  /** Aborts when the connection closes: a waiting handler should give up. */
  readonly signal: AbortSignal
  readonly connection: Connection
  /** Pooled memory that returns by itself once the response has been sent. Never keep it longer. */
  allocate(sizeBytes: number): Buffer
}

export type RequestOf<N extends ApiName> = Decoded<(typeof apis)[N]['request']>
export type ResponseOf<N extends ApiName> = Encodable<(typeof apis)[N]['response']>

/** null: the request gets no response (Produce with acks=0). */
export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  services: Services,
  context: RequestContext,
) => ResponseOf<N> | null | Promise<ResponseOf<N> | null>
