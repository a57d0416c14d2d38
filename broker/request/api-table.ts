// The served APIs by key: what the dispatcher looks up and ApiVersions answers from.

import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Message } from '@samsa/proto/wire/message'
import type { Handler } from '../handlers/handler.ts'

/** One line of the handlers' registry. */
export interface Registration<N extends ApiName = ApiName> {
  readonly api: N
  readonly handle: Handler<N>
}

/** An API as the dispatcher sees it, with the types of its messages erased. */
export interface ServedApi {
  readonly key: number
  readonly name: string
  readonly request: Message<unknown, never>
  readonly response: Message<unknown, never>
  readonly handle: (request: unknown, ...rest: HandlerRest) => unknown
}

type HandlerRest = Parameters<Handler<ApiName>> extends [unknown, ...infer Rest] ? Rest : never

export function register<N extends ApiName>(api: N, handle: Handler<N>): Registration {
  return { api, handle } as unknown as Registration
}

export function apiTable(registrations: readonly Registration[]): ReadonlyMap<number, ServedApi> {
  const table = new Map<number, ServedApi>()
  for (const { api, handle } of registrations) {
    const { key, name, request, response } = apis[api]
    table.set(key, { key, name, request, response, handle } as unknown as ServedApi)
  }
  return table
}

export interface AdvertisedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/**
 * The version ranges that ApiVersions tells. Produce is advertised from 0 although versions below 3 are refused, as
 * Kafka does: librdkafka before 2.11.1 turns compression off otherwise (KAFKA-18659).
 */
export function advertised(table: ReadonlyMap<number, ServedApi>): AdvertisedApi[] {
  return [...table.values()]
    .map(({ key, request }) => ({
      apiKey: key,
      minVersion: key === apis.produce.key ? 0 : request.versions.min,
      maxVersion: request.versions.max,
    }))
    .sort((a, b) => a.apiKey - b.apiKey)
}
