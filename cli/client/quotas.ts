// Client quotas (KIP-546): which there are, set, and removed.

import type { Cluster } from './cluster.ts'
import { throwIfError } from './errors.ts'

export const quotaEntityTypes = ['user', 'client-id', 'ip'] as const
export type QuotaEntityType = (typeof quotaEntityTypes)[number]

export interface QuotaEntityPart {
  readonly type: QuotaEntityType
  /** null: the default of its type. */
  readonly name: string | null
}

export interface ClientQuota {
  readonly entity: readonly QuotaEntityPart[]
  readonly values: Readonly<Record<string, number>>
}

/** The numbers of the protocol for how a part is found. */
const byName = 0
const byDefault = 1

/** Those of entities that have all these parts; `strict`: and no others. */
export async function describeQuotas(
  cluster: Cluster,
  parts: readonly QuotaEntityPart[],
  { strict }: { readonly strict: boolean },
): Promise<ClientQuota[]> {
  return await cluster.retrying(async () => {
    const components = parts.map(({ type, name }) => {
      return { entityType: type, matchType: name === null ? byDefault : byName, match: name }
    })
    const { response } = await cluster.toAny('describeClientQuotas', { components, strict })
    throwIfError(response.errorCode, 'client quotas', response.errorMessage)
    return (response.entries ?? []).map(({ entity, values }) => ({
      entity: entity.map(({ entityType, entityName }) => {
        return { type: entityType as QuotaEntityType, name: entityName }
      }),
      values: Object.fromEntries(values.map(({ key, value }) => [key, value])),
    }))
  })
}

/** null removes a value. All changes are made, or none. */
export async function alterQuota(
  cluster: Cluster,
  entity: readonly QuotaEntityPart[],
  changes: Readonly<Record<string, number | null>>,
): Promise<void> {
  await cluster.retrying(async () => {
    const entry = {
      entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
      ops: Object.entries(changes).map(([key, value]) => {
        return { key, value: value ?? 0, remove: value === null }
      }),
    }
    const request = { entries: [entry], validateOnly: false }
    const response = await cluster.toController('alterClientQuotas', request)
    for (const { errorCode, errorMessage } of response.entries) {
      throwIfError(errorCode, `quotas of ${entityText(entity)}`, errorMessage)
    }
  })
}

/** 'user alice, default client-id'. */
export function entityText(entity: readonly QuotaEntityPart[]): string {
  const parts = entity.map(({ type, name }) =>
    name === null ? `default ${type}` : `${type} ${name}`,
  )
  return parts.join(', ')
}
