// One pass over one KafkaUser: its credentials in a Secret of its namespace, and what brokers know
// of them (user-access.ts). A Secret that is somebody else's is never written; a password stays as
// it is until another one is asked for by an annotation; what was deleted comes back as it was.

import type { ClusterAdmin } from '../cluster/admin.ts'
import type { KubeClient } from '../kube/client.ts'
import { isConflict } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import { type KubeObject, kinds, type Metadata } from '../kube/objects.ts'
import { decoded, encoded, type SecretData } from '../pki/authority.ts'
import { leafDue } from '../pki/decide.ts'
import { makeLeaf } from '../pki/issue.ts'
import { newSeed, passwordOf } from '../pki/password.ts'
import { isPair, isSignedBy, readCertificate } from '../pki/read.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import { bad, type Finding, good } from '../status/conditions.ts'
import { clusterKeyOf, homeOf, namespaceRefusal, olderRival } from './cluster-ref.ts'
import { keepAccess, letGo } from './user-access.ts'
import { usernameOf } from './user-rights.ts'
import { writeStatus } from './write-status.ts'

/** On a KafkaUser, by people: another value of it makes another password or certificate. */
export const rotateAnnotation = 'samsa.io/rotate'
/** On its Secret: the value that it was made for. */
const rotationAnnotation = 'samsa.io/rotation'
export const userLabel = 'samsa.io/user'

const checkMs = 600_000
const againMs = 10_000
const dayMs = 86_400_000

export interface UserReconcilerOptions {
  readonly client: KubeClient
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  readonly events: EventRecorder
  readonly clusterOf: (namespace: string, name: string) => KafkaCluster | undefined
  /** All KafkaUsers of that name, in whatever namespace. */
  readonly usersNamed: (name: string) => Iterable<KafkaUser>
  readonly wallMs: () => number
}

export interface Secret extends KubeObject {
  readonly data?: SecretData
}

interface Outcome {
  readonly credentials: Finding
  /** Of what brokers know; null: there is nothing that they have to. */
  readonly access?: Finding | null
  readonly againMs: number
  readonly status?: Partial<NonNullable<KafkaUser['status']>>
}

/** Returns after how long to look again; null: when something changes. */
export async function reconcileUser(
  options: UserReconcilerOptions,
  user: KafkaUser,
  signal: AbortSignal,
): Promise<number | null> {
  // Its Secret goes with it, by its owner reference.
  if (user.metadata.deletionTimestamp !== undefined) return await letGo(options, user, signal)
  const outcome = await keep(options, user, signal)
  const { credentials } = outcome
  const isMade = credentials.status === 'True'
  const findings = new Map([
    ['Ready', isMade ? (outcome.access ?? good('Ready')) : credentials],
    ['CredentialsReady', credentials],
  ])
  await writeStatus(options, kinds.kafkaUser, user, { findings, fields: outcome.status }, signal)
  return outcome.againMs
}

async function keep(
  options: UserReconcilerOptions,
  user: KafkaUser,
  signal: AbortSignal,
): Promise<Outcome> {
  const home = homeOf(user)
  const cluster = options.clusterOf(home.namespace, home.name)
  if (cluster === undefined) {
    const credentials = bad('ClusterNotFound', `there is no KafkaCluster ${home.name}`)
    return { credentials, againMs: checkMs }
  }
  const refusal = namespaceRefusal(cluster, user.metadata.namespace) ?? conflictOf(options, user)
  if (refusal !== null) return { credentials: refusal, againMs: checkMs }
  const { authentication } = user.spec
  const username = usernameOf(user)
  if (authentication === undefined) {
    const credentials = good('NoCredentials', 'the spec asks for none')
    const access = await keepAccess(options, { user, cluster, secretName: null, signal })
    return { credentials, access, againMs: againAfter(access), status: { username } }
  }
  const { name: ownName, namespace } = user.metadata
  const secretName = user.spec.secretName ?? ownName
  const present = await options.client.get<Secret>(kinds.secret, namespace, secretName, signal)
  if (present !== null && !isOurs(user, present)) {
    const text = `Secret ${secretName} is there and not of this KafkaUser: it is left alone`
    return { credentials: bad('SecretConflict', text), againMs: checkMs, status: { username } }
  }
  const make = authentication.type === 'tls' ? certificateOf : passwordSecret
  const made = await make(options, { user, cluster, present, signal })
  if (made.problem !== null) {
    return { credentials: bad('NoCredentials', made.problem), againMs, status: { username } }
  }
  if (made.data !== null) {
    await options.client.apply(kinds.secret, secretOf(user, secretName, made.data), signal)
  }
  const until = made.untilMs === null ? {} : { certificateNotAfter: isoSeconds(made.untilMs) }
  const access = await keepAccess(options, { user, cluster, secretName, signal })
  return {
    credentials: good('CredentialsReady', `in Secret ${secretName}`),
    access,
    againMs: againAfter(access),
    status: { username, secretName, ...until },
  }
}

const againAfter = (access: Finding | null) => (access?.status === 'Unknown' ? againMs : checkMs)

/** Two of one name in one cluster would be one principal, with the rights of both. */
function conflictOf({ usersNamed }: UserReconcilerOptions, user: KafkaUser): Finding | null {
  const key = clusterKeyOf(user)
  const rivals = [...usersNamed(user.metadata.name)].filter((one) => clusterKeyOf(one) === key)
  const older = olderRival(user, rivals)
  if (older === null) return null
  const { namespace, name } = older.metadata
  return bad(
    'ResourceConflict',
    `user ${name} belongs to KafkaUser ${namespace}/${name}, the older`,
  )
}

interface Facts {
  readonly user: KafkaUser
  readonly cluster: KafkaCluster
  readonly present: Secret | null
  readonly signal: AbortSignal
}

interface Made {
  /** What the Secret is to hold; null: it is as it should be. */
  readonly data: SecretData | null
  readonly untilMs: number | null
  readonly problem: string | null
}

const failed = (problem: string): Made => ({ data: null, untilMs: null, problem })

async function passwordSecret(
  { client }: UserReconcilerOptions,
  { user, cluster, present, signal }: Facts,
): Promise<Made> {
  const { name, namespace, uid } = user.metadata
  const given = user.spec.authentication?.password?.valueFrom
  let password: string
  if (given !== undefined) {
    const source = await client.get<Secret>(kinds.secret, namespace, given.name, signal)
    const text = decoded(source?.data)[given.key]
    if (text === undefined) return failed(`Secret ${given.name} has no key ${given.key}`)
    password = text
  } else {
    const before = decoded(present?.data)['password']
    if (before !== undefined && !isRotationDue(user, present)) password = before
    else password = passwordOf(await seedOf(client, cluster, signal), uid, rotationOf(user))
  }
  const mechanism = user.spec.authentication?.type === 'scram-sha-256' ? '256' : '512'
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  const jaas = `${login} required username="${name}" password="${escaped(password)}";`
  const data = {
    username: name,
    password,
    'sasl.mechanism': `SCRAM-SHA-${mechanism}`,
    'sasl.jaas.config': jaas,
  }
  return { data: isSame(data, user, present) ? null : data, untilMs: null, problem: null }
}

async function certificateOf(
  { client, wallMs }: UserReconcilerOptions,
  { user, cluster, present, signal }: Facts,
): Promise<Made> {
  const { name: clusterName, namespace } = cluster.metadata
  const authorityName =
    cluster.spec.certificates?.clients?.secretName ?? `${clusterName}-clients-ca`
  const find = (name: string) => client.get<Secret>(kinds.secret, namespace, name, signal)
  const authority = decoded((await find(authorityName))?.data)
  const bundle = decoded((await find(`${clusterName}-cluster-ca-cert`))?.data)['ca.crt']
  const signer = readCertificate(authority['ca.crt'])
  const { 'ca.crt': certificate = '', 'ca.key': key = '' } = authority
  if (signer === null || bundle === undefined || !isPair(signer, key)) {
    return failed(`the authority in Secret ${authorityName} is not there yet`)
  }
  const { validityDays = 365, renewalDays = 30 } = user.spec.authentication ?? {}
  const before = decoded(present?.data)
  const leaf = readCertificate(before['user.crt'])
  const policy = {
    hosts: [],
    isSigned: leaf !== null && isSignedBy(leaf, signer),
    isPair: leaf !== null && isPair(leaf, before['user.key']),
    renewalDays,
    isWindowOpen: true,
    isForced: false,
  }
  const nowMs = wallMs()
  const isDue = leafDue(leaf, policy, nowMs) !== null || isRotationDue(user, present)
  let pair = { certificate: before['user.crt'] ?? '', key: before['user.key'] ?? '' }
  if (isDue) {
    const validity = { fromMs: nowMs, untilMs: nowMs + validityDays * dayMs }
    const request = { commonName: user.metadata.name, hosts: [], ...validity }
    pair = await makeLeaf({ certificate, key, untilMs: signer.untilMs }, request)
  }
  const data = { 'user.crt': pair.certificate, 'user.key': pair.key, 'ca.crt': bundle }
  const untilMs = readCertificate(pair.certificate)?.untilMs ?? null
  return { data: isSame(data, user, present) ? null : data, untilMs, problem: null }
}

function secretOf(user: KafkaUser, name: string, data: SecretData): Secret {
  const { metadata, apiVersion, kind } = user
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }
  const own: Metadata = {
    name,
    namespace: metadata.namespace,
    labels: { 'app.kubernetes.io/managed-by': 'samsa-operator', [userLabel]: metadata.name },
    annotations: { [rotationAnnotation]: rotationOf(user) },
    ownerReferences: [owner],
  }
  return { apiVersion: 'v1', kind: 'Secret', metadata: own, data: encoded(data) }
}

/** The seed of a cluster's passwords; made by whoever needs it first. */
async function seedOf(
  client: KubeClient,
  { apiVersion, kind, metadata }: KafkaCluster,
  signal: AbortSignal,
): Promise<string> {
  const name = `${metadata.name}-password-seed`
  const { namespace, uid } = metadata
  const find = async () => {
    const secret = await client.get<Secret>(kinds.secret, namespace, name, signal)
    return decoded(secret?.data)['seed']
  }
  const known = await find()
  if (known !== undefined) return known
  const owner = { apiVersion, kind, name: metadata.name, uid, controller: true }
  const made: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ownerReferences: [owner] },
    data: encoded({ seed: newSeed() }),
  }
  try {
    await client.create(kinds.secret, made, signal)
  } catch (error) {
    if (!isConflict(error)) throw error
  }
  const seed = await find()
  if (seed === undefined) throw new Error(`Secret ${name} has no seed`)
  return seed
}

function isOurs({ metadata: { uid } }: KafkaUser, { metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
}

const rotationOf = ({ metadata }: KafkaUser) => metadata.annotations?.[rotateAnnotation] ?? ''

function isRotationDue(user: KafkaUser, present: Secret | null): boolean {
  return present?.metadata.annotations?.[rotationAnnotation] !== rotationOf(user)
}

function isSame(data: SecretData, user: KafkaUser, present: Secret | null): boolean {
  const before = decoded(present?.data)
  const names = Object.keys(data)
  return (
    names.length === Object.keys(before).length &&
    names.every((name) => before[name] === data[name]) &&
    !isRotationDue(user, present)
  )
}

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
const isoSeconds = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
