// Which quota holds a client: the quotas of the metadata, found by user and client id in Kafka's
// order of precedence. Pure and immutable; a change of quotas makes a new one.

import type { ClientQuotaImage, MetadataImage, QuotaEntityPart } from '@samsa/controller/image'

export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'

export interface QuotaMatch {
  readonly value: number
  /** Who shares the quota: null for what is not told apart. */
  readonly user: string | null
  readonly clientId: string | null
}

type Part = 'named' | 'default' | 'absent'

/** First come, first served. As in Kafka's ClientQuotaManager. */
const precedence: readonly { readonly user: Part; readonly clientId: Part }[] = [
  { user: 'named', clientId: 'named' },
  { user: 'named', clientId: 'default' },
  { user: 'named', clientId: 'absent' },
  { user: 'default', clientId: 'named' },
  { user: 'default', clientId: 'default' },
  { user: 'default', clientId: 'absent' },
  { user: 'absent', clientId: 'named' },
  { user: 'absent', clientId: 'default' },
]

export class QuotaTable {
  readonly #byEntity = new Map<string, ReadonlyMap<string, number>>()
  readonly #byAddress = new Map<string | null, number>()

  constructor(quotas: MetadataImage['clientQuotas']) {
    for (const quota of quotas.values()) this.#add(quota)
  }

  #add({ entity, values }: ClientQuotaImage): void {
    const address = entity.find(({ type }) => type === 'ip')
    if (address !== undefined) {
      const rate = values.get('connection_creation_rate')
      if (rate !== undefined) this.#byAddress.set(address.name, rate)
      return
    }
    const part = (wanted: string) => partText(entity.find(({ type }) => type === wanted))
    this.#byEntity.set(entityText(part('user'), part('client-id')), values)
  }

  /** Whether no client is held to anything. */
  get isEmpty(): boolean {
    return this.#byEntity.size === 0
  }

  find(key: QuotaKey, user: string, clientId: string): QuotaMatch | null {
    for (const level of precedence) {
      const userPart = levelText(level.user, user)
      const values = this.#byEntity.get(entityText(userPart, levelText(level.clientId, clientId)))
      const value = values?.get(key)
      if (value === undefined) continue
      return {
        value,
        user: level.user === 'absent' ? null : user,
        clientId: level.clientId === 'absent' ? null : clientId,
      }
    }
    return null
  }

  /** New connections a second from an address; null: no limit. */
  connectionRate(address: string): number | null {
    if (this.#byAddress.size === 0) return null
    return this.#byAddress.get(address) ?? this.#byAddress.get(null) ?? null
  }
}

function levelText(part: Part, name: string): string {
  if (part === 'named') return partText({ type: '', name })
  return part === 'default' ? partText({ type: '', name: null }) : partText(undefined)
}

function partText(part: QuotaEntityPart | undefined): string {
  if (part === undefined) return 'absent'
  return part.name === null ? 'default' : JSON.stringify(part.name)
}

function entityText(user: string, clientId: string): string {
  return `${user} ${clientId}`
}
