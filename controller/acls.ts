// CreateAcls and DeleteAcls as the controller decides them. The same entry twice is one; what is
// not sound is refused in Kafka's words.

import { type Decision, noError, outcomeOf, Refusal } from './decision.ts'
import type { AccessControlEntry, MetadataImage } from './image.ts'
import type { NewRecord } from './records/record.ts'
import type {
  AclBinding,
  AclFilter,
  CreateAcls,
  DeleteAcls,
  DeletedAcls,
  Outcome,
} from './requests.ts'
import { accessControlRecord } from './security.ts'

/** Kafka's limits of one request. */
const changesMax = 10_000

const types = { topic: 2, group: 3, cluster: 4, transactionalId: 5, token: 6, user: 7 } as const
const literal = 3
const prefixed = 4
const deny = 2
const allow = 3
const any = 1
const match = 2

/** By type of resource: the operations that mean something there; 2 is all of them. */
const operationsOf: Readonly<Record<number, readonly number[]>> = {
  [types.topic]: [2, 3, 4, 5, 6, 7, 8, 10, 11],
  [types.group]: [2, 3, 6, 8, 10, 11],
  [types.cluster]: [2, 5, 7, 8, 9, 10, 11, 12],
  [types.transactionalId]: [2, 4, 8, 15],
  [types.token]: [2, 8],
  [types.user]: [2, 13, 14],
}

export function createAcls(
  image: MetadataImage,
  { bindings }: CreateAcls,
  newUuid: () => string,
): Decision<Outcome[]> {
  const known = new Set([...image.accessControlEntries.values()].map(keyOf))
  const records: NewRecord[] = []
  const response = bindings.map((binding) =>
    outcomeOf(() => {
      if (bindings.length > changesMax) throw tooMany()
      check(binding)
      const key = keyOf(binding)
      if (known.has(key)) return
      known.add(key)
      records.push(accessControlRecord({ id: newUuid(), ...binding }))
    }),
  )
  return { records, response }
}

export function deleteAcls(image: MetadataImage, { filters }: DeleteAcls): Decision<DeletedAcls[]> {
  const entries = [...image.accessControlEntries.values()]
  const doomed = new Set<string>()
  const response = filters.map((filter) => {
    const outcome = outcomeOf(() => checkFilter(filter))
    if (outcome.error !== 'NONE') return { ...outcome, deleted: [] }
    const deleted = entries.filter((entry) => matchesFilter(entry, filter))
    for (const { id } of deleted) doomed.add(id)
    return { ...noError, deleted: deleted.map(bindingOf) }
  })
  if (doomed.size > changesMax) {
    const { error, message } = outcomeOf(() => {
      throw tooMany()
    })
    return { records: [], response: filters.map(() => ({ error, message, deleted: [] })) }
  }
  return { records: [...doomed].map((id) => ({ type: 'removeAccessControlEntry', id })), response }
}

function bindingOf(entry: AccessControlEntry): AclBinding {
  const { id: _, ...binding } = entry
  return binding
}

function tooMany(): Refusal {
  return new Refusal('INVALID_REQUEST', `One request may change ${changesMax} ACLs at most`)
}

/** An entry that a filter of DescribeAcls or DeleteAcls is about. 1 is any, and so is null. */
export function matchesFilter(entry: AclBinding, filter: AclFilter): boolean {
  const { resourceType, operation, permissionType, principal, host } = filter
  return (
    (resourceType === any || entry.resourceType === resourceType) &&
    (operation === any || entry.operation === operation) &&
    (permissionType === any || entry.permissionType === permissionType) &&
    (principal === null || entry.principal === principal) &&
    (host === null || entry.host === host) &&
    matchesPattern(entry, filter)
  )
}

function matchesPattern(entry: AclBinding, { patternType, resourceName }: AclFilter): boolean {
  if (patternType === match) {
    if (resourceName === null) return true
    return entry.patternType === prefixed
      ? resourceName.startsWith(entry.resourceName)
      : entry.resourceName === resourceName || entry.resourceName === '*'
  }
  const isOfType = patternType === any || entry.patternType === patternType
  return isOfType && (resourceName === null || entry.resourceName === resourceName)
}

function keyOf(entry: AclBinding | AccessControlEntry): string {
  const { resourceType, resourceName, patternType, principal, host } = entry
  const { operation, permissionType } = entry
  return JSON.stringify([
    resourceType,
    resourceName,
    patternType,
    principal,
    host,
    operation,
    permissionType,
  ])
}

function check(binding: AclBinding): void {
  const invalid = (why: string) => new Refusal('INVALID_REQUEST', why)
  const { resourceType, resourceName, patternType, principal, operation, permissionType } = binding
  const allowed = operationsOf[resourceType]
  if (allowed === undefined) throw invalid(`Invalid resourceType ${resourceType}`)
  if (patternType !== literal && patternType !== prefixed) {
    throw invalid(`Invalid patternType ${patternType}`)
  }
  if (!allowed.includes(operation)) {
    throw invalid(`Invalid operation ${operation} for resourceType ${resourceType}`)
  }
  if (permissionType !== allow && permissionType !== deny) {
    throw invalid(`Invalid permissionType ${permissionType}`)
  }
  if (resourceName === '') throw invalid('Resource name should not be empty')
  if (resourceType === types.cluster && resourceName !== 'kafka-cluster') {
    throw invalid(`The only valid name for the CLUSTER resource is kafka-cluster`)
  }
  if (!/^[^:]+:.+$/s.test(principal)) {
    throw invalid(
      `Could not parse principal from \`${principal}\` (no colon is present separating the ` +
        'principal type from the principal name)',
    )
  }
  if (binding.host === '') throw invalid('The host must not be empty; * is every host')
}

function checkFilter({ resourceType, patternType, operation, permissionType }: AclFilter): void {
  const isKnown =
    (resourceType === any || operationsOf[resourceType] !== undefined) &&
    [any, match, literal, prefixed].includes(patternType) &&
    operation >= any &&
    operation <= 15 &&
    [any, deny, allow].includes(permissionType)
  if (!isKnown) throw new Refusal('INVALID_REQUEST', 'The filter has unknown elements')
}
