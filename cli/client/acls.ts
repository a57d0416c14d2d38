// Access control entries (KIP-140, KIP-290): which there are, added, and removed. Words for people
// and programs, numbers on the wire.

import type { Cluster } from './cluster.ts'
import { throwIfError } from './errors.ts'

/** Kafka's words, and their numbers in the protocol. */
export const aclResourceTypes = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
} as const
export const aclOperations = {
  All: 2,
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
  CreateTokens: 13,
  DescribeTokens: 14,
  TwoPhaseCommit: 15,
} as const
const patternTypes = { literal: 3, prefixed: 4 } as const
const permissions = { deny: 2, allow: 3 } as const
const any = 1

export type AclResourceType = keyof typeof aclResourceTypes
export type AclOperation = keyof typeof aclOperations

/** The one resource of type cluster. */
export const clusterResource = 'kafka-cluster'

export interface Acl {
  readonly resourceType: AclResourceType
  readonly resourceName: string
  readonly patternType: keyof typeof patternTypes
  readonly principal: string
  readonly host: string
  readonly operation: AclOperation
  readonly permission: keyof typeof permissions
}

/** What is left out is any. */
export type AclFilter = Partial<Acl>

export async function listAcls(cluster: Cluster, filter: AclFilter): Promise<Acl[]> {
  return await cluster.retrying(async () => {
    const { response } = await cluster.toAny('describeAcls', filterRow(filter))
    throwIfError(response.errorCode, 'ACLs', response.errorMessage)
    return response.resources.flatMap(({ acls, ...resource }) =>
      acls.map((acl) => aclOf({ ...resource, ...acl })),
    )
  })
}

/** One that is there already is no error. */
export async function addAcls(cluster: Cluster, acls: readonly Acl[]): Promise<void> {
  if (acls.length === 0) return
  await cluster.retrying(async () => {
    const creations = acls.map((acl) => ({
      resourceType: aclResourceTypes[acl.resourceType],
      resourceName: acl.resourceName,
      resourcePatternType: patternTypes[acl.patternType],
      principal: acl.principal,
      host: acl.host,
      operation: aclOperations[acl.operation],
      permissionType: permissions[acl.permission],
    }))
    const { results } = await cluster.toController('createAcls', { creations })
    for (const [index, { errorCode, errorMessage }] of results.entries()) {
      throwIfError(errorCode, `ACL of ${acls[index]?.principal ?? ''}`, errorMessage)
    }
  })
}

/** Those that any of the filters finds; returns what was removed. */
export async function removeAcls(cluster: Cluster, filters: readonly AclFilter[]): Promise<Acl[]> {
  if (filters.length === 0) return []
  return await cluster.retrying(async () => {
    const { filterResults } = await cluster.toController('deleteAcls', {
      filters: filters.map(filterRow),
    })
    return filterResults.flatMap(({ errorCode, errorMessage, matchingAcls }) => {
      throwIfError(errorCode, 'ACLs', errorMessage)
      return matchingAcls.map(aclOf)
    })
  })
}

/** A filter as both requests have it. */
function filterRow(filter: AclFilter) {
  return {
    resourceTypeFilter: numberOf(aclResourceTypes, filter.resourceType),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: numberOf(patternTypes, filter.patternType),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: numberOf(aclOperations, filter.operation),
    permissionType: numberOf(permissions, filter.permission),
  }
}

function numberOf<T extends Readonly<Record<string, number>>>(
  numbers: T,
  word: keyof T | undefined,
): number {
  return word === undefined ? any : Number(numbers[word])
}

function wordOf<T extends Readonly<Record<string, number>>>(numbers: T, number: number): keyof T {
  const found = Object.entries(numbers).find(([, value]) => value === number)
  // Shown as it is: a newer cluster may know more.
  return found?.[0] ?? String(number)
}

function aclOf(row: {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}): Acl {
  return {
    resourceType: wordOf(aclResourceTypes, row.resourceType),
    resourceName: row.resourceName,
    patternType: wordOf(patternTypes, row.patternType),
    principal: row.principal,
    host: row.host,
    operation: wordOf(aclOperations, row.operation),
    permission: wordOf(permissions, row.permissionType),
  }
}
