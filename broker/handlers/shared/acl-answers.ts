// What the three APIs of ACLs have in common.

import type { AclFilter, Outcome } from '@samsa/controller/requests'

export const authorizerDisabled: Outcome = {
  error: 'SECURITY_DISABLED',
  message: 'No Authorizer is configured.',
}

export function filterOf(request: {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}): AclFilter {
  return {
    resourceType: request.resourceTypeFilter,
    resourceName: request.resourceNameFilter,
    patternType: request.patternTypeFilter,
    principal: request.principalFilter,
    host: request.hostFilter,
    operation: request.operation,
    permissionType: request.permissionType,
  }
}
