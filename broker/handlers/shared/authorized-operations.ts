// The operations that a principal may do on a resource, as the bit field of KIP-430. Without an
// authorizer that is everything the kind of resource has; asked for or not, it is the same for all.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { type Operation, operations } from '../../authorization/acl.ts'

function bits(...names: Operation[]): number {
  return names.reduce((field, name) => field | (1 << operations[name]), 0)
}

export const allTopicOperations = bits(
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
)

export const allClusterOperations = bits(
  'CREATE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
)

const allGroupOperations = bits('READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS')

/** Groups that were described, with the operations where somebody asked for them. */
export function withGroupOperations<G extends { readonly errorCode: number }>(
  groups: readonly G[],
  isAsked: boolean,
): (G | (G & { readonly authorizedOperations: number }))[] {
  return groups.map((group) =>
    isAsked && group.errorCode === errorCodes.NONE
      ? { ...group, authorizedOperations: allGroupOperations }
      : group,
  )
}
