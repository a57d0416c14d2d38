// DescribeAcls (key 29), versions 1-3: the access control entries that a filter matches (KIP-140,
// KIP-290 patterns).
// Differs from Kafka: nothing known.

import { matchesFilter } from '@samsa/controller/acls'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { authorizerDisabled, filterOf } from './shared/acl-answers.ts'
import { errorFields } from './shared/ask-controller.ts'

export const describeAcls: Handler<'describeAcls'> = (request, services) => {
  if (services.authorizer() === null) return { ...errorFields(authorizerDisabled), resources: [] }
  const filter = filterOf(request)
  const found = [...services.metadata().accessControlEntries.values()].filter((entry) =>
    matchesFilter(entry, filter),
  )
  const byResource = Map.groupBy(found, ({ resourceType, resourceName, patternType }) =>
    JSON.stringify([resourceType, resourceName, patternType]),
  )
  const resources = [...byResource.values()].flatMap((entries) => {
    const [first] = entries
    if (first === undefined) return []
    const { resourceType, resourceName, patternType } = first
    const acls = entries.map(({ principal, host, operation, permissionType }) => ({
      principal,
      host,
      operation,
      permissionType,
    }))
    return [{ resourceType, resourceName, patternType, acls }]
  })
  return { errorCode: errorCodes.NONE, errorMessage: null, resources }
}
