// The served APIs by key: what the dispatcher looks up and ApiVersions answers from.

import { type ApiName, advertisedVersions, apis } from '@samsa/proto/kafka/apis'
import type { Message } from '@samsa/proto/wire/message'
import type { Handler } from '../handlers/handler.ts'
import type { AdvertisedApi } from '../services.ts'

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
  return { api, handle }
}

export function apiTable(registrations: readonly Registration[]): ReadonlyMap<number, ServedApi> {
  const table = new Map<number, ServedApi>()
  for (const { api, handle } of registrations) {
    const { key, name, request, response } = apis[api]
    table.set(key, { key, name, request, response, handle } as unknown as ServedApi)
  }
  return table
}

/** What ApiVersions tells: served APIs by key, with the ranges of proto/kafka/apis.ts. */
export function advertised(registrations: readonly Registration[]): AdvertisedApi[] {
  return registrations
    .map(({ api }) => {
      const { min, max } = advertisedVersions(api)
      return { apiKey: apis[api].key, minVersion: min, maxVersion: max }
    })
    .sort((a, b) => a.apiKey - b.apiKey)
}
