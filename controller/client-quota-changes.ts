// AlterClientQuotas (KIP-546, addresses by KIP-612) as the controller decides it: one answer an
// entity, and of each entity all that was asked or nothing.

import { isHostName, quotaEntityKey, quotaKeysOf } from './client-quotas.ts'
import { type Decision, outcomeOf, Refusal } from './decision.ts'
import type { ClientQuotaImage, MetadataImage, QuotaEntityPart } from './image.ts'
import type { NewRecord } from './records/record.ts'
import type {
  AlterClientQuotas,
  AlterClientQuotasResult,
  ClientQuotaAlteration,
  ClientQuotaOp,
} from './requests.ts'

/** What a value that must be whole may be off by, as in Kafka. */
const wholeWithin = 1e-6

export function alterClientQuotas(
  image: MetadataImage,
  { alterations, validateOnly }: AlterClientQuotas,
): Decision<AlterClientQuotasResult[]> {
  const records: NewRecord[] = []
  const seen = new Set<string>()
  const response = alterations.map((alteration) => {
    const { entity } = alteration
    const key = quotaEntityKey(entity)
    const outcome = outcomeOf(() => {
      check(alteration)
      if (seen.has(key)) throw invalid(`Ignoring duplicate entity ${text(entity)}`)
      records.push(...changesOf(alteration, image.clientQuotas.get(key)))
    })
    seen.add(key)
    return { entity, ...outcome }
  })
  return { records: validateOnly ? [] : records, response }
}

function changesOf(
  { entity, ops }: ClientQuotaAlteration,
  known: ClientQuotaImage | undefined,
): NewRecord[] {
  const parts = (known?.entity ?? entity).map(({ type, name }) => {
    return { entityType: type, entityName: name }
  })
  return ops
    .filter(({ key, value, remove }) => {
      const before = known?.values.get(key)
      return remove ? before !== undefined : before !== value
    })
    .map(({ key, value, remove }): NewRecord => {
      return { type: 'clientQuota', entity: parts, key, value: remove ? 0 : value, remove }
    })
}

function check({ entity, ops }: ClientQuotaAlteration): void {
  checkEntity(entity)
  const keys = quotaKeysOf(entity)
  if (keys === null) throw invalid('Invalid empty client quota entity')
  const seen = new Set<string>()
  for (const op of ops) {
    if (seen.has(op.key)) {
      throw invalid(
        `Duplicate quota key ${op.key} not updating quota for this entity ${text(entity)}`,
      )
    }
    seen.add(op.key)
    if (!op.remove) checkValue(keys, op)
  }
}

function checkEntity(entity: readonly QuotaEntityPart[]): void {
  if (entity.length === 0) throw invalid('Invalid empty client quota entity')
  const seen = new Set<string>()
  for (const { type, name } of entity) {
    if (seen.has(type)) {
      throw invalid(`Invalid empty client quota entity, duplicate entity entry ${type}`)
    }
    seen.add(type)
    if (type !== 'user' && type !== 'client-id' && type !== 'ip') {
      throw invalid(`Unhandled client quota entity type: ${type}`)
    }
    if (name === '') throw invalid(`Empty ${type} not supported`)
    if (type === 'ip' && name !== null && entity.length === 1 && !isHostName(name)) {
      throw invalid(`${name} is not a valid IP or resolvable host.`)
    }
  }
}

function checkValue(
  keys: ReadonlyMap<string, 'whole' | 'any'>,
  { key, value }: ClientQuotaOp,
): void {
  const kind = keys.get(key)
  if (kind === undefined) throw invalid(`Invalid configuration key ${key}`)
  if (!Number.isFinite(value)) throw invalid(`Configuration ${key} must be a number`)
  if (kind === 'whole' && Math.abs(Math.round(value) - value) > wholeWithin) {
    throw invalid(`Configuration ${key} must be a Long value`)
  }
}

function invalid(why: string): Refusal {
  return new Refusal('INVALID_REQUEST', why)
}

function text(entity: readonly QuotaEntityPart[]): string {
  const parts = entity.map(({ type, name }) => `${type}=${name}`)
  return `ClientQuotaEntity(entries={${parts.join(', ')}})`
}
