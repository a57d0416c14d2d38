// What stands between a request and its handler when an authorizer is configured: what the caller
// may not ask is taken out of the request, and answered beside what the handler says. One guard an
// API, in guards/; which API has which is in table.ts.

import type { MetadataImage } from '@samsa/controller/image'
import type { ApiName } from '@samsa/proto/kafka/apis'
import type { RequestOf, ResponseOf } from '../handlers/handler.ts'
import type { Rights } from './authorizer.ts'

export interface GuardContext {
  readonly apiVersion: number
  readonly image: MetadataImage
}

export type Guarded<N extends ApiName> =
  /** The handler is not asked. */
  | { readonly response: ResponseOf<N> }
  | {
      readonly request: RequestOf<N>
      /** The whole answer, of what the handler said and what was held back. */
      readonly complete?: (response: ResponseOf<N>) => ResponseOf<N>
    }

export type Guard<N extends ApiName> = (
  request: RequestOf<N>,
  rights: Rights,
  context: GuardContext,
) => Guarded<N>

/** The connection of a request that gets no response is closed, so that its client notices. */
export class UnansweredRefusal extends Error {
  override readonly name = 'UnansweredRefusal'
}

export function split<T>(items: readonly T[], isAllowed: (item: T) => boolean): [T[], T[]] {
  const allowed: T[] = []
  const denied: T[] = []
  for (const item of items) (isAllowed(item) ? allowed : denied).push(item)
  return [allowed, denied]
}

/** Of a topic that is asked for by name or by id; null for an id that stands for none. */
export function topicNameOf(
  { name, topicId }: { readonly name: string | null; readonly topicId: string },
  { image }: GuardContext,
): string | null {
  if (name !== null && name !== '') return name
  return image.topicsById.get(topicId)?.name ?? null
}
