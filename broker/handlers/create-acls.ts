// CreateAcls (key 30), versions 1-3: allows and denies operations (KIP-140, KIP-290 patterns).
// Differs from Kafka: nothing known.

import type { AclBinding } from '@samsa/controller/requests'
import type { Handler } from './handler.ts'
import { authorizerDisabled } from './shared/acl-answers.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

const timeoutMs = 60_000

export const createAcls: Handler<'createAcls'> = async ({ creations }, services) => {
  if (services.authorizer() === null) {
    return { results: creations.map(() => errorFields(authorizerDisabled)) }
  }
  const bindings: AclBinding[] = creations.map(
    ({ resourcePatternType: patternType, ...binding }) => ({ ...binding, patternType }),
  )
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createAcls({ bindings }),
  )
  if (asked.type === 'refused') {
    return { results: creations.map(() => errorFields(asked.outcome)) }
  }
  return { results: asked.answer.map(errorFields) }
}
