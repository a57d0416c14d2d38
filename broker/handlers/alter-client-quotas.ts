// AlterClientQuotas (key 49), versions 0-1: sets and removes quotas of users, client ids and
// addresses (KIP-546, KIP-612), or says whether they could be (validateOnly).
// Differs from Kafka: an entity with one unsound value is refused as a whole, where Kafka sets the
// other values and says nothing; names of hosts are not looked up.

import type { AlterClientQuotasResult } from '@samsa/controller/requests'
import type { Handler } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

/** The request has no time of its own: Kafka's default.api.timeout.ms. */
const timeoutMs = 60_000

export const alterClientQuotas: Handler<'alterClientQuotas'> = async (request, services) => {
  const { entries, validateOnly } = request
  const alterations = entries.map(({ entity, ops }) => ({
    entity: entity.map(({ entityType, entityName }) => ({ type: entityType, name: entityName })),
    ops: ops.map(({ key, value, remove }) => ({ key, value, remove })),
  }))
  const asked = await askController(services, timeoutMs, () =>
    services.controller.alterClientQuotas({ alterations, validateOnly }),
  )
  const results: readonly AlterClientQuotasResult[] =
    asked.type === 'answered'
      ? asked.answer
      : alterations.map(({ entity }) => ({ entity, ...asked.outcome }))
  return { entries: results.map(entryOf) }
}

function entryOf({ entity, ...outcome }: AlterClientQuotasResult) {
  const parts = entity.map(({ type, name }) => ({ entityType: type, entityName: name }))
  return { ...errorFields(outcome), entity: parts }
}
