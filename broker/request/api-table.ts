// The served APIs by key: what the dispatcher looks up and ApiVersions answers from.

import { type ApiName, advertisedVersions, apis } from '@samsa/proto/kafka/apis'
import type { Message } from '@samsa/proto/wire/message'
import type { Rights } from '../authorization/authorizer.ts'
import type { GuardContext } from '../authorization/guard.ts'
import { guards } from '../authorization/table.ts'
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
  /** Null for an API that no guard was made for: refused where there is an authorizer. */
  readonly guard: AnyGuard | null
}

type AnyGuard = (
  request: unknown,
  rights: Rights,
  context: GuardContext,
) =>
  | { readonly response: unknown }
  | { readonly request: unknown; readonly complete?: (response: unknown) => unknown }

type HandlerRest = Parameters<Handler<ApiName>> extends [unknown, ...infer Rest] ? Rest : never

export function register<N extends ApiName>(api: N, handle: Handler<N>): Registration {
  return { api, handle }
}

export function apiTable(registrations: readonly Registration[]): ReadonlyMap<number, ServedApi> {
  const table = new Map<number, ServedApi>()
  for (const { api, handle } of registrations) {
    const { key, name, request, response } = apis[api]
    const guard = guards[api] ?? null
    table.set(key, { key, name, request, response, handle, guard } as unknown as ServedApi)
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
