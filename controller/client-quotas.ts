// Client quotas as the metadata log has them (KIP-546): for an entity, made of user, client id or
// address, each by name or as the default, the values that it is held to. Brokers enforce them
// (broker/quota); what may be set is decided in client-quota-changes.ts.

import type { MetadataDraft } from './image/draft.ts'
import type { ClientQuotaImage, QuotaEntityPart } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'

const clientKeys: ReadonlyMap<string, 'whole' | 'any'> = new Map([
  ['producer_byte_rate', 'whole'],
  ['consumer_byte_rate', 'whole'],
  ['request_percentage', 'any'],
  ['controller_mutation_rate', 'any'],
])
const addressKeys: ReadonlyMap<string, 'whole' | 'any'> = new Map([
  ['connection_creation_rate', 'whole'],
])

/** What an entity may be held to; null where its parts do not go together. */
export function quotaKeysOf(
  entity: readonly QuotaEntityPart[],
): ReadonlyMap<string, 'whole' | 'any'> | null {
  const ofAddress = entity.filter(({ type }) => type === 'ip').length
  if (ofAddress === 0) return entity.length === 0 ? null : clientKeys
  return ofAddress === entity.length ? addressKeys : null
}

/** An address, or a name that could be a host's: names are not looked up here, as they are in
 * Kafka. */
export function isHostName(name: string): boolean {
  return /^[0-9a-z]([0-9a-z.:-]{0,252})$/i.test(name) || /^::[0-9a-f.:]*$/i.test(name)
}

/** The same for the same entity, in whichever order its parts come. */
export function quotaEntityKey(entity: readonly QuotaEntityPart[]): string {
  const parts = entity.map(({ type, name }) => JSON.stringify([type, name]))
  return parts.toSorted().join()
}

export function replayClientQuota(draft: MetadataDraft, record: RecordOf<'clientQuota'>): void {
  const entity = record.entity.map(({ entityType, entityName }) => {
    return { type: entityType, name: entityName }
  })
  const key = quotaEntityKey(entity)
  const known = draft.clientQuotas.get(key)
  const values = new Map(known?.values)
  if (record.remove) values.delete(record.key)
  else values.set(record.key, record.value)
  if (values.size === 0) draft.clientQuotas.delete(key)
  else draft.clientQuotas.set(key, { entity: known?.entity ?? entity, values })
}

/** The records that make an entity's quotas what they are, for snapshots. */
export function* clientQuotaRecords({
  entity,
  values,
}: ClientQuotaImage): Generator<NewRecord, undefined> {
  const parts = entity.map(({ type, name }) => ({ entityType: type, entityName: name }))
  for (const [key, value] of values) {
    yield { type: 'clientQuota', entity: parts, key, value, remove: false }
  }
}
