// What brokers know of a KafkaUser: SCRAM credentials, made from the password in its Secret and set
// again when that is another one, or was lost; its rights and quotas. They go with the user; a
// finalizer sees to it, and never outlives the cluster.

import { isNotFound } from '../kube/errors.ts'
import { kinds } from '../kube/objects.ts'
import { decoded } from '../pki/authority.ts'
import { digestOf, type ScramMechanism, scramCredential } from '../pki/password.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import { bad, type Finding, unknown } from '../status/conditions.ts'
import { homeOf } from './cluster-ref.ts'
import type { Secret, UserReconcilerOptions } from './user-reconciler.ts'
import { asksForAny, dropRights, keepRights, withoutAuthorization } from './user-rights.ts'

export const userFinalizer = 'samsa.io/user'
/** On its Secret: what brokers were given last, as a digest. */
const appliedAnnotation = 'samsa.io/applied'
const againMs = 2_000
/** What cannot be reached are left behind after so long. */
const unreachableMaxMs = 30_000

const mechanisms = {
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const satisfies Record<string, ScramMechanism>
const allMechanisms = Object.values(mechanisms)

interface Facts {
  readonly user: KafkaUser
  readonly cluster: KafkaCluster
  /** Null for a user without credentials. */
  readonly secretName: string | null
  readonly signal: AbortSignal
}

/** What keeps the user from being ready; null: nothing. */
export async function keepAccess(
  options: UserReconcilerOptions,
  facts: Facts,
): Promise<Finding | null> {
  const { user, cluster, signal } = facts
  const mechanism = mechanismOf(user)
  const wasSet = user.metadata.finalizers?.includes(userFinalizer) === true
  const isSet = mechanism !== null || asksForAny(user)
  await keepFinalizer(options, user, isSet, signal)
  if (isSet || wasSet) {
    try {
      if (mechanism !== null) await keepScram(options, facts, mechanism)
      await keepRights({ admin: options.adminOf(cluster), cluster, signal }, user)
    } catch (error) {
      if (signal.aborted) throw error
      return unknown('ClusterUnreachable', error instanceof Error ? error.message : String(error))
    }
  }
  return withoutAuthorization(user, cluster) ?? withoutListener(user, cluster)
}

function mechanismOf({ spec }: KafkaUser): ScramMechanism | null {
  const type = spec.authentication?.type
  return type === 'scram-sha-256' || type === 'scram-sha-512' ? mechanisms[type] : null
}

async function keepScram(
  { client, adminOf }: UserReconcilerOptions,
  { user, cluster, secretName, signal }: Facts,
  mechanism: ScramMechanism,
): Promise<void> {
  const { name, namespace } = user.metadata
  if (secretName === null) throw new Error(`the password of ${name} has no Secret`)
  const secret = await client.get<Secret>(kinds.secret, namespace, secretName, signal)
  const { password } = decoded(secret?.data)
  if (secret === null || password === undefined) throw new Error(`Secret ${secretName} is gone`)
  const admin = adminOf(cluster)
  const present = await admin.scramOf(name, signal)
  const remove = present.filter((one) => one !== mechanism)
  const digest = digestOf(cluster.metadata.uid, mechanism, password)
  const isSet = present.includes(mechanism)
  const isKnown = isSet && secret.metadata.annotations?.[appliedAnnotation] === digest
  if (isKnown && remove.length === 0) return
  const set = isKnown ? [] : [await scramCredential(mechanism, password)]
  await admin.alterScram(name, { set, remove }, signal)
  if (isKnown) return
  const annotations = { [appliedAnnotation]: digest }
  await client.merge(kinds.secret, secret, { metadata: { annotations } }, signal)
}

function withoutListener({ spec }: KafkaUser, cluster: KafkaCluster): Finding | null {
  const type = spec.authentication?.type
  if (type === undefined) return null
  const { listeners } = cluster.spec
  if (listeners.some(({ authentication }) => authentication?.type === type)) return null
  const message = `no listener of KafkaCluster ${cluster.metadata.name} has authentication ${type}`
  return bad('NoListener', message)
}

async function keepFinalizer(
  { client }: UserReconcilerOptions,
  user: KafkaUser,
  isWanted: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { finalizers = [], resourceVersion } = user.metadata
  // One that was there stays: what it stands for may have been set before.
  if (!isWanted || finalizers.includes(userFinalizer)) return
  const patch = { metadata: { finalizers: [...finalizers, userFinalizer], resourceVersion } }
  await client.merge(kinds.kafkaUser, user, patch, signal)
}

/** Of a user that is being deleted. Returns after how long to look again. */
export async function letGo(
  options: UserReconcilerOptions,
  user: KafkaUser,
  signal: AbortSignal,
): Promise<number | null> {
  const { client, clusterOf, adminOf, wallMs, events } = options
  const { name, finalizers = [], deletionTimestamp = '' } = user.metadata
  if (!finalizers.includes(userFinalizer)) return null
  const home = homeOf(user)
  const cluster = clusterOf(home.namespace, home.name)
  // With the cluster gone there is nothing to delete, and waiting would hang the namespace.
  if (cluster !== undefined && cluster.metadata.deletionTimestamp === undefined) {
    try {
      const admin = adminOf(cluster)
      const present = await admin.scramOf(name, signal)
      const remove = allMechanisms.filter((one) => present.includes(one))
      if (remove.length > 0) await admin.alterScram(name, { set: [], remove }, signal)
      await dropRights({ admin, cluster, signal }, user)
    } catch (error) {
      if (signal.aborted) throw error
      if (wallMs() - Date.parse(deletionTimestamp) < unreachableMaxMs) return againMs
      const why = error instanceof Error ? error.message : String(error)
      const note = `credentials, rights and quotas of ${name} stay in the cluster: ${why}`
      const event = { type: 'Warning', reason: 'UserLeftBehind', action: 'Delete', note } as const
      await events.record(user, event)
    }
  }
  const patch = { metadata: { finalizers: finalizers.filter((one) => one !== userFinalizer) } }
  try {
    await client.merge(kinds.kafkaUser, user, patch, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return null
}
