// What a request handler is. One file per API; each exports one Handler and is listed once in registry.ts.
// A handler gets the decoded request and what it may touch, and returns the response; `throttleTimeMs` and the
// version it is encoded in are not its business. Throwing a BrokerError answers the whole request with that error.

import type { ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import type { Services } from '../services.ts'

export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  /** The peer's address without the port, as `/127.0.0.1` is printed by Kafka: '127.0.0.1'. */
  readonly clientHost: string
  /** The listener that the request came in by. */
  readonly listener: string
  /** Kafka's principal form, 'User:ANONYMOUS' on a plaintext listener. */
  readonly principal: string
  /** Aborts when the connection closes: a waiting handler should give up. */
  readonly signal: AbortSignal
}

export type RequestOf<N extends ApiName> = Decoded<(typeof apis)[N]['request']>
export type ResponseOf<N extends ApiName> = Encodable<(typeof apis)[N]['response']>

export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  services: Services,
  context: RequestContext,
) => ResponseOf<N> | Promise<ResponseOf<N>>
