// The rights and quotas of a KafkaUser: what its spec asks for, and what has to change in the
// cluster. ACLs that name the user, and quotas of the user by itself, are the KafkaUser's: what its
// spec does not have is taken away.

import type { Acl, AclResourceType } from '@samsa/cli/client/acls'
import type { ClusterAdmin } from '../cluster/admin.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import { bad, type Finding } from '../status/conditions.ts'

type Spec = KafkaUser['spec']

const resourceTypes = {
  topic: 'topic',
  group: 'group',
  cluster: 'cluster',
  transactionalId: 'transactional-id',
} as const satisfies Record<string, AclResourceType>

const quotaKeys = {
  producerByteRate: 'producer_byte_rate',
  consumerByteRate: 'consumer_byte_rate',
  requestPercentage: 'request_percentage',
  controllerMutationRate: 'controller_mutation_rate',
} as const satisfies Record<keyof NonNullable<Spec['quotas']>, string>

const clusterResource = 'kafka-cluster'

/** Everything that there is; for a super user, who is one without a restart of brokers. */
const everything: readonly (readonly [AclResourceType, string])[] = [
  ['topic', '*'],
  ['group', '*'],
  ['transactional-id', '*'],
  ['delegation-token', '*'],
  ['user', '*'],
  ['cluster', clusterResource],
]

/** The name of the user's principal, without its type. */
export function usernameOf({ metadata, spec }: KafkaUser): string {
  return spec.authentication?.type === 'tls' ? `CN=${metadata.name}` : metadata.name
}

export function asksForRights({ spec }: KafkaUser): boolean {
  return spec.superUser || (spec.acls ?? []).length > 0
}

export function asksForAny(user: KafkaUser): boolean {
  return asksForRights(user) || user.spec.quotas !== undefined
}

export function wantedAcls(user: KafkaUser): Acl[] {
  const principal = `User:${usernameOf(user)}`
  const acls = (user.spec.acls ?? []).flatMap(({ resource, operations, type, host }) =>
    operations.map(
      (operation): Acl => ({
        resourceType: resourceTypes[resource.type],
        resourceName: resource.type === 'cluster' ? clusterResource : (resource.name ?? ''),
        patternType:
          resource.patternType === 'prefix' && resource.type !== 'cluster' ? 'prefixed' : 'literal',
        principal,
        host: host ?? '*',
        operation,
        permission: type ?? 'allow',
      }),
    ),
  )
  if (!user.spec.superUser) return acls
  const all = everything.map(
    ([resourceType, resourceName]): Acl => ({
      resourceType,
      resourceName,
      patternType: 'literal',
      principal,
      host: '*',
      operation: 'All',
      permission: 'allow',
    }),
  )
  return [...acls, ...all]
}

/** What has to be added and removed so that `present` becomes `wanted`. */
export function aclChange(present: readonly Acl[], wanted: readonly Acl[]) {
  const keyed = (acls: readonly Acl[]) => new Map(acls.map((acl) => [keyOf(acl), acl]))
  const [before, after] = [keyed(present), keyed(wanted)]
  return {
    add: [...after].filter(([key]) => !before.has(key)).map(([, acl]) => acl),
    remove: [...before].filter(([key]) => !after.has(key)).map(([, acl]) => acl),
  }
}

function keyOf(acl: Acl): string {
  const { resourceType, resourceName, patternType, principal, host } = acl
  const parts = [resourceType, resourceName, patternType, principal, host]
  return JSON.stringify([...parts, acl.operation, acl.permission])
}

export function wantedQuotas({ spec }: KafkaUser): Record<string, number> {
  const wanted: Record<string, number> = {}
  for (const name of Object.keys(quotaKeys) as (keyof typeof quotaKeys)[]) {
    const value = spec.quotas?.[name]
    if (value !== undefined) wanted[quotaKeys[name]] = value
  }
  return wanted
}

export function quotaChange(
  present: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, number>>,
): Record<string, number | null> {
  const change: Record<string, number | null> = {}
  for (const key of Object.keys(present)) if (wanted[key] === undefined) change[key] = null
  for (const [key, value] of Object.entries(wanted)) {
    if (present[key] !== value) change[key] = value
  }
  return change
}

interface Place {
  readonly admin: ClusterAdmin
  readonly cluster: KafkaCluster
  readonly signal: AbortSignal
}

/** Makes the cluster's rights and quotas of the user what is wanted. */
async function keep(
  { admin, cluster, signal }: Place,
  username: string,
  wanted: { readonly acls: readonly Acl[]; readonly quotas: Readonly<Record<string, number>> },
): Promise<void> {
  const quotas = quotaChange(await admin.quotasOf(username, signal), wanted.quotas)
  if (Object.keys(quotas).length > 0) await admin.alterQuotas(username, quotas, signal)
  // Without an authorizer there are none to ask for.
  if (cluster.spec.authorization === undefined) return
  const acls = aclChange(await admin.aclsOf(`User:${username}`, signal), wanted.acls)
  if (acls.add.length + acls.remove.length > 0) await admin.alterAcls(acls, signal)
}

const nothing = { acls: [], quotas: {} }

/** The name that the user would have with credentials of the other kind, and may have had. */
function formerNameOf(user: KafkaUser): string {
  const { name } = user.metadata
  return usernameOf(user) === name ? `CN=${name}` : name
}

/** Sets what the spec asks for. Rejects where the cluster cannot be asked. */
export async function keepRights(place: Place, user: KafkaUser): Promise<void> {
  const wanted = { acls: wantedAcls(user), quotas: wantedQuotas(user) }
  await keep(place, usernameOf(user), wanted)
  await keep(place, formerNameOf(user), nothing)
}

/** Takes away all that was set. */
export async function dropRights(place: Place, user: KafkaUser): Promise<void> {
  await keep(place, usernameOf(user), nothing)
  await keep(place, formerNameOf(user), nothing)
}

/** Why rights that the spec asks for mean nothing; null where they do. */
export function withoutAuthorization(user: KafkaUser, cluster: KafkaCluster): Finding | null {
  if (!asksForRights(user) || cluster.spec.authorization !== undefined) return null
  const { name } = cluster.metadata
  const message = `KafkaCluster ${name} has no spec.authorization: everybody may do everything`
  return bad('NoAuthorization', message)
}
