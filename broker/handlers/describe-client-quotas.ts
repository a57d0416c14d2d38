// DescribeClientQuotas (key 48), versions 0-1: the quotas of entities that match a filter, each
// component by name, as the default or as any of its type; strict: with no other parts (KIP-546).
// Differs from Kafka: nothing known.

import type { ClientQuotaImage, QuotaEntityPart } from '@samsa/controller/image'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../errors.ts'
import type { Handler, RequestOf } from './handler.ts'

type Component = RequestOf<'describeClientQuotas'>['components'][number]

const byName = 0
const byDefault = 1
const byType = 2
const types: ReadonlySet<string> = new Set(['user', 'client-id', 'ip'])

export const describeClientQuotas: Handler<'describeClientQuotas'> = (request, services) => {
  const { components, strict } = request
  try {
    check(components)
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    const errorCode = errorCodes[error.kafkaError]
    return { errorCode, errorMessage: error.message, entries: null }
  }
  const found: ClientQuotaImage[] = []
  for (const quota of services.metadata().clientQuotas.values()) {
    if (matches(quota.entity, components, strict)) found.push(quota)
  }
  return { errorCode: errorCodes.NONE, errorMessage: null, entries: found.map(entryOf) }
}

function matches(
  entity: readonly QuotaEntityPart[],
  components: readonly Component[],
  strict: boolean,
): boolean {
  if (strict && entity.length !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const part = entity.find(({ type }) => type === entityType)
    if (part === undefined) return false
    return matchType === byType || part.name === (matchType === byDefault ? null : match)
  })
}

function check(components: readonly Component[]): void {
  const seen = new Set<string>()
  for (const component of components) {
    const { entityType } = component
    if (entityType === '') throw invalid('Invalid empty entity type.')
    if (seen.has(entityType)) {
      throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    }
    seen.add(entityType)
    if (!types.has(entityType)) {
      throw refusal('UNSUPPORTED_VERSION', `Unsupported entity type ${entityType}`)
    }
    checkMatch(component)
  }
  if (seen.has('ip') && seen.size > 1) {
    throw invalid(
      'Invalid entity filter component combination. IP filter component should not be used with ' +
        'user or clientId filter component.',
    )
  }
}

function checkMatch({ matchType, match }: Component): void {
  const alsoMatch = (name: string) =>
    invalid(`Request specified ${name}, but also specified a match string.`)
  switch (matchType) {
    case byName:
      if (match !== null) return
      throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    case byDefault:
      if (match === null) return
      throw alsoMatch('MATCH_TYPE_DEFAULT')
    case byType:
      if (match === null) return
      throw alsoMatch('MATCH_TYPE_SPECIFIED')
    default:
      throw invalid(`Unknown match type ${matchType}`)
  }
}

function invalid(why: string): BrokerError {
  return refusal('INVALID_REQUEST', why)
}

function refusal(error: KafkaErrorName, why: string): BrokerError {
  return new BrokerError(error, why)
}

function entryOf({ entity, values }: ClientQuotaImage) {
  return {
    entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
    values: [...values].map(([key, value]) => ({ key, value })),
  }
}
