// Who may do what: the semantics of Kafka's StandardAuthorizer over the entries of the metadata.
// A DENY wins over any ALLOW; super users may do everything. Pure, but for the index that it keeps
// of the last image.

import type { AccessControlEntry } from '@samsa/controller/image'
import {
  clusterResource,
  type Operation,
  operations,
  patternTypes,
  permissionTypes,
  type ResourceType,
  resourceTypes,
  wildcard,
  wildcardPrincipal,
} from './acl.ts'
import { AclIndex } from './acl-index.ts'

export interface Caller {
  /** Kafka's form, `User:alice`. */
  readonly principal: string
  readonly host: string
}

export interface AuthorizerOptions {
  readonly entries: () => ReadonlyMap<string, AccessControlEntry>
  readonly superUsers: ReadonlySet<string>
  /** `allow.everyone.if.no.acl.found`. */
  readonly allowIfNoneFound: boolean
}

/** Whoever may do one of these may see the resource; likewise its configs. */
const implied: Readonly<Partial<Record<Operation, readonly Operation[]>>> = {
  DESCRIBE: ['DESCRIBE', 'READ', 'WRITE', 'DELETE', 'ALTER'],
  DESCRIBE_CONFIGS: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
}

export class Authorizer {
  readonly #options: AuthorizerOptions
  #indexed: ReadonlyMap<string, AccessControlEntry> | null = null
  #index = new AclIndex([])

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  allows(caller: Caller, operation: Operation, type: ResourceType, name: string): boolean {
    if (this.#options.superUsers.has(caller.principal)) return true
    let found = false
    let allowed = false
    for (const entry of this.#entries().about(resourceTypes[type], name)) {
      found = true
      if (!concerns(entry, caller)) continue
      if (entry.permissionType === permissionTypes.DENY) {
        if (isOf(entry, operation)) return false
      } else if (permits(entry, operation)) allowed = true
    }
    return allowed || (!found && this.#options.allowIfNoneFound)
  }

  /** Whether there can be any resource of the type that the caller may do this with. */
  allowsAny(caller: Caller, operation: Operation, type: ResourceType): boolean {
    // As in Kafka: a name that stands for whatever has no entries of its own.
    if (this.allows(caller, operation, type, 'hardcode')) return true
    const entries = this.#entries()
      .ofType(resourceTypes[type])
      .filter((entry) => concerns(entry, caller) && isOf(entry, operation))
    const denied = entries.filter(({ permissionType }) => permissionType === permissionTypes.DENY)
    if (denied.some(isOfAll)) return false
    return entries.some(
      (entry) =>
        entry.permissionType === permissionTypes.ALLOW &&
        !denied.some((denial) => covers(denial, entry)),
    )
  }

  /** Bit n for the operation with the code n, as in the fields of authorized operations. */
  allowedBits(caller: Caller, wanted: number, type: ResourceType, name: string): number {
    let bits = 0
    for (const operation of names) {
      const bit = 1 << operations[operation]
      if ((wanted & bit) !== 0 && this.allows(caller, operation, type, name)) bits |= bit
    }
    return bits
  }

  #entries(): AclIndex {
    const entries = this.#options.entries()
    if (entries !== this.#indexed) {
      this.#indexed = entries
      this.#index = new AclIndex(entries.values())
    }
    return this.#index
  }
}

const names = (Object.keys(operations) as (keyof typeof operations)[]).filter(
  (name): name is Operation => name !== 'ANY' && name !== 'ALL',
)

function concerns({ principal, host }: AccessControlEntry, caller: Caller): boolean {
  const isCaller = principal === caller.principal || principal === wildcardPrincipal
  return isCaller && (host === caller.host || host === wildcard)
}

function isOf(entry: AccessControlEntry, operation: Operation): boolean {
  return entry.operation === operations.ALL || entry.operation === operations[operation]
}

function permits(entry: AccessControlEntry, operation: Operation): boolean {
  return (implied[operation] ?? [operation]).some((one) => isOf(entry, one))
}

function isOfAll({ patternType, resourceName }: AccessControlEntry): boolean {
  return patternType === patternTypes.LITERAL && resourceName === wildcard
}

/** Whether everything that `entry` is about is also what `denial` is about. */
function covers(denial: AccessControlEntry, entry: AccessControlEntry): boolean {
  if (isOfAll(entry)) return isOfAll(denial)
  if (denial.patternType === patternTypes.PREFIXED) {
    return entry.resourceName.startsWith(denial.resourceName)
  }
  const isSame = denial.resourceName === entry.resourceName
  return isSame && entry.patternType === patternTypes.LITERAL
}

export interface Rights {
  can(operation: Operation, type: ResourceType, name: string): boolean
  canOnCluster(operation: Operation): boolean
  canOnAny(operation: Operation, type: ResourceType): boolean
  bits(wanted: number, type: ResourceType, name: string): number
}

/** What one caller may do. */
export function rightsOf(authorizer: Authorizer, caller: Caller): Rights {
  return {
    can: (operation, type, name) => authorizer.allows(caller, operation, type, name),
    canOnCluster: (operation) => authorizer.allows(caller, operation, 'CLUSTER', clusterResource),
    canOnAny: (operation, type) => authorizer.allowsAny(caller, operation, type),
    bits: (wanted, type, name) => authorizer.allowedBits(caller, wanted, type, name),
  }
}
