// DeleteAcls (key 31), versions 1-3: takes away what filters match (KIP-140, KIP-290 patterns).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { authorizerDisabled, filterOf } from './shared/acl-answers.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

const timeoutMs = 60_000

export const deleteAcls: Handler<'deleteAcls'> = async (request, services) => {
  const refuse = (outcome: typeof authorizerDisabled) => ({
    filterResults: request.filters.map(() => ({ ...errorFields(outcome), matchingAcls: [] })),
  })
  if (services.authorizer() === null) return refuse(authorizerDisabled)
  const filters = request.filters.map(filterOf)
  const asked = await askController(services, timeoutMs, () =>
    services.controller.deleteAcls({ filters }),
  )
  if (asked.type === 'refused') return refuse(asked.outcome)
  const filterResults = asked.answer.map(({ deleted, ...outcome }) => ({
    ...errorFields(outcome),
    matchingAcls: deleted.map((binding) => ({
      errorCode: errorCodes.NONE,
      errorMessage: null,
      ...binding,
    })),
  }))
  return { filterResults }
}
