// The options by which `samsa acl` says whom an entry is about, what, and how.

import {
  type AclFilter,
  type AclOperation,
  type AclResourceType,
  aclOperations,
  clusterResource,
} from '../client/acls.ts'
import { UsageError } from '../errors.ts'
import { flag, type OptionTable, repeated, text, type Values } from './options.ts'

export const aclOptions = {
  principal: text('PRINCIPAL', 'Whom it is about, as User:alice, or User:* for everyone.'),
  topic: text('NAME', 'A topic; * is every one.'),
  group: text('NAME', 'A consumer group; * is every one.'),
  transactionalId: text('NAME', 'A transactional id; * is every one.'),
  onCluster: flag('The cluster itself.'),
  prefixed: flag('The name is the beginning of names.'),
  operation: repeated('NAME', 'Read, Write, Describe, ..., or All; may be given several times.'),
  host: text('ADDRESS', 'The address that clients come from.'),
  deny: flag('A denial, which wins over all that is allowed.'),
} satisfies OptionTable

export type AclOptions = Values<typeof aclOptions>

const types: readonly [keyof AclOptions, AclResourceType][] = [
  ['topic', 'topic'],
  ['group', 'group'],
  ['transactionalId', 'transactional-id'],
]

/** What is named, and nothing of what is not. */
export function resourceOf(options: AclOptions): AclFilter | null {
  const named: AclFilter[] = types.flatMap(([option, resourceType]) => {
    const resourceName = options[option]
    return typeof resourceName === 'string' ? [{ resourceType, resourceName }] : []
  })
  if (options.onCluster) named.push({ resourceType: 'cluster', resourceName: clusterResource })
  if (named.length > 1) {
    throw new UsageError('give one of --topic, --group, --transactional-id and --on-cluster')
  }
  const [resource] = named
  if (options.prefixed && (resource === undefined || options.onCluster)) {
    throw new UsageError('--prefixed is for the name of a topic, a group or a transactional id')
  }
  return resource ?? null
}

export function operationsOf({ operation }: AclOptions): AclOperation[] {
  const known = Object.keys(aclOperations) as AclOperation[]
  return operation.map((given) => {
    const wanted = given.replaceAll(/[-_]/g, '').toLowerCase()
    const found = known.find((one) => one.toLowerCase() === wanted)
    if (found !== undefined) return found
    throw new UsageError(`--operation '${given}' is none of ${known.join(', ')}`)
  })
}

/** One filter an operation; entries of all kinds where nothing is said of them. */
export function filtersOf(options: AclOptions): AclFilter[] {
  const { principal, host, deny, prefixed } = options
  const resource = resourceOf(options)
  const filter: AclFilter = {
    ...resource,
    ...(prefixed && { patternType: 'prefixed' }),
    ...(principal !== undefined && { principal }),
    ...(host !== undefined && { host }),
    ...(deny && { permission: 'deny' }),
  }
  const operations = operationsOf(options)
  return operations.length === 0
    ? [filter]
    : operations.map((operation) => ({ ...filter, operation }))
}
