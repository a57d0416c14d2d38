// Step: the authorities of the cluster and of its clients, and a certificate for each node. Made
// where there is none, renewed in windows, trust first and certificates later (pki/decide.ts). What
// was deleted is made again; a Secret of somebody else's is never touched; of a given authority
// nothing is written but what is trusted.

import { nodePem } from '../desired/listener-security.ts'
import { clusterLabels, nodeLabels, ownedMetadata, ownerOf, podName } from '../desired/names.ts'
import { nodeHosts } from '../desired/node-hosts.ts'
import { isOpen } from '../desired/windows.ts'
import { type KubeObject, kinds } from '../kube/objects.ts'
import {
  authorityFacts,
  bundleOf,
  decoded,
  encoded,
  type SecretData,
  trustedSince,
} from '../pki/authority.ts'
import { decideAuthority, leafDue } from '../pki/decide.ts'
import { type KeyPair, makeAuthority, makeLeaf } from '../pki/issue.ts'
import { isPair, isSignedBy, readCertificate } from '../pki/read.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step } from './step.ts'

const dayMs = 86_400_000
const againMs = 60_000
const hourMs = 3_600_000

/** On the Secret of an authority, by people: a new one is wanted. */
const forceRenew = 'samsa.io/force-renew'
/** On the same: what was last done so; whoever was killed right after it must not do it again. */
const renewedFor = 'samsa.io/renewed-for'

interface Secret extends KubeObject {
  readonly data?: SecretData
}

type Role = 'cluster' | 'clients'

interface Outcome {
  readonly problems: string[]
  readonly waiting: string[]
}

export interface Signer extends KeyPair {
  readonly untilMs: number
}

export const certificates: Step = {
  condition: 'CertificatesReady',
  async run(pass) {
    const outcome: Outcome = { problems: [], waiting: [] }
    const cluster = await keepAuthority(pass, 'cluster', outcome)
    await keepAuthority(pass, 'clients', outcome)
    if (cluster !== null) await keepLeaves(pass, cluster, outcome)
    const { problems, waiting } = outcome
    if (problems.length > 0) {
      return { finding: bad('CertificateProblem', problems.join('; ')), againMs }
    }
    const untilMs = cluster?.untilMs ?? pass.nowMs
    const until = new Date(untilMs).toISOString().slice(0, 10)
    const more = waiting.length > 0 ? `; ${waiting.join('; ')}` : ''
    const finding = good('CertificatesReady', `the authority is good until ${until}${more}`)
    return { finding, againMs: waiting.length > 0 ? againMs : hourMs }
  },
}

function policyOf({ cluster }: Pass, role: Role) {
  const given = cluster.spec.certificates?.[role]
  const { generate = true, validityDays = 365, renewalDays = 30, secretName } = given ?? {}
  return { generate, validityDays, renewalDays, secretName }
}

function isWindowOpen({ cluster, nowMs }: Pass): boolean {
  const windows = cluster.spec.certificates?.windows ?? []
  return windows.length === 0 || windows.some((window) => isOpen(window, nowMs))
}

/** What signs now; null where there is none, with why in the outcome. */
async function keepAuthority(pass: Pass, role: Role, outcome: Outcome): Promise<Signer | null> {
  const { cluster, client, signal, nowMs } = pass
  const { name, namespace } = cluster.metadata
  const { generate, secretName } = policyOf(pass, role)
  const keysName = secretName ?? `${name}-${role}-ca`
  const bundleName = `${name}-${role}-ca-cert`
  const keys = await client.get<Secret>(kinds.secret, namespace, keysName, signal)
  const bundle = await client.get<Secret>(kinds.secret, namespace, bundleName, signal)
  if (bundle !== null && !isOurs(pass, bundle)) {
    outcome.problems.push(`Secret ${bundleName} belongs to somebody else`)
    return null
  }
  if (generate && keys !== null && !isOurs(pass, keys)) {
    outcome.problems.push(`Secret ${keysName} belongs to somebody else`)
    return null
  }
  const before = keys === null ? null : decoded(keys.data)
  const now = generate
    ? await renewed(pass, role, { name: keysName, keys, before, bundle }, outcome)
    : before
  if (now === null) {
    outcome.problems.push(`Secret ${keysName} with the given authority is not there`)
    return null
  }
  const trusted = { 'ca.crt': bundleOf(now, bundle === null ? null : decoded(bundle.data), nowMs) }
  const isSame = bundle !== null && decoded(bundle.data)['ca.crt'] === trusted['ca.crt']
  if (!isSame) {
    await client.apply(kinds.secret, secret(pass, bundleName, trusted), signal)
    if ('next.crt' in now) await stampTrust(pass, keysName)
  }
  const facts = readCertificate(now['ca.crt'])
  const { 'ca.crt': certificate = '', 'ca.key': key = '' } = now
  if (facts === null || !isPair(facts, key)) {
    outcome.problems.push(`Secret ${keysName}: ca.crt and ca.key are no pair`)
    return null
  }
  if (facts.untilMs <= nowMs) outcome.problems.push(`Secret ${keysName}: its authority is over`)
  return { certificate, key, untilMs: facts.untilMs }
}

async function renewed(
  pass: Pass,
  role: Role,
  present: {
    readonly name: string
    readonly keys: Secret | null
    readonly before: SecretData | null
    readonly bundle: Secret | null
  },
  { waiting }: Outcome,
): Promise<SecretData> {
  const { client, signal, nowMs, cluster } = pass
  const { name, keys, before, bundle } = present
  const { validityDays, renewalDays } = policyOf(pass, role)
  const annotations = keys?.metadata.annotations ?? {}
  const trusted = bundle === null ? null : decoded(bundle.data)
  const facts = authorityFacts(before, trusted, annotations)
  const asked = annotations[forceRenew]
  const isForced = asked !== undefined && asked !== annotations[renewedFor]
  const policy = { renewalDays, isWindowOpen: isWindowOpen(pass), isForced }
  const action = decideAuthority(facts, policy, nowMs)
  const validity = { fromMs: nowMs, untilMs: nowMs + validityDays * dayMs }
  const title = `${cluster.metadata.name}-${role}-ca`
  if (keys !== null && asked !== undefined && !isForced) await dropAnnotation(pass, keys)
  const write = async (data: SecretData) => {
    const made = secret(pass, name, data)
    const annotated = asked === undefined ? {} : { annotations: { [renewedFor]: asked } }
    const metadata = { ...made.metadata, ...annotated }
    await client.apply(kinds.secret, { ...made, metadata }, signal)
    if (isForced) await dropAnnotation(pass, made)
    return data
  }
  switch (action.type) {
    case 'keep':
      return before ?? {}
    case 'wait':
      waiting.push(`${role}: ${action.what}`)
      return before ?? {}
    case 'make': {
      const { certificate, key } = await makeAuthority(title, validity)
      await tell(pass, `made authority ${title}`)
      return write({ 'ca.crt': certificate, 'ca.key': key })
    }
    case 'make-next': {
      const { certificate, key } = await makeAuthority(title, validity)
      await tell(pass, `made the next authority ${title}; it signs once it is known everywhere`)
      waiting.push(`${role}: the next authority is being made known`)
      const next = { 'next.crt': certificate, 'next.key': key }
      return write({ ...before, ...next })
    }
    case 'promote': {
      const { 'next.crt': certificate = '', 'next.key': key = '' } = before ?? {}
      await tell(pass, `authority ${title} signs from now on`)
      return write({ 'ca.crt': certificate, 'ca.key': key })
    }
    default:
      throw new Error(`no such action: ${JSON.stringify(action satisfies never)}`)
  }
}

/** From now on everybody comes to know what is trusted. */
async function stampTrust({ cluster, client, nowMs, signal }: Pass, name: string): Promise<void> {
  const { namespace } = cluster.metadata
  const annotations = { [trustedSince]: new Date(nowMs).toISOString() }
  await client.merge(
    kinds.secret,
    { metadata: { name, namespace } },
    { metadata: { annotations } },
    signal,
  )
}

async function dropAnnotation({ client, signal }: Pass, made: KubeObject): Promise<void> {
  const patch = { metadata: { annotations: { [forceRenew]: null } } }
  await client.merge(kinds.secret, made, patch, signal)
}

async function keepLeaves(pass: Pass, signer: Signer, outcome: Outcome): Promise<void> {
  const { cluster, nodes, client, nowMs, signal } = pass
  const { name, namespace } = cluster.metadata
  const { validityDays, renewalDays } = policyOf(pass, 'cluster')
  const authority = readCertificate(signer.certificate)
  for (const node of nodes) {
    const secretName = `${podName(name, node)}-tls`
    const present = await client.get<Secret>(kinds.secret, namespace, secretName, signal)
    if (present !== null && !isOurs(pass, present)) {
      outcome.problems.push(`Secret ${secretName} belongs to somebody else`)
      continue
    }
    const data = decoded(present?.data)
    const leaf = readCertificate(data['tls.crt'])
    const { hostIP = null } = pass.pods.get(node.id)?.status ?? {}
    const hosts = nodeHosts(cluster, node, pass.exposed, hostIP)
    const policy = {
      hosts,
      isSigned: leaf !== null && authority !== null && isSignedBy(leaf, authority),
      isPair: leaf !== null && isPair(leaf, data['tls.key']) && nodePem in data,
      renewalDays,
      isWindowOpen: isWindowOpen(pass),
      isForced: false,
    }
    if (leafDue(leaf, policy, nowMs) === null) continue
    const request = { commonName: podName(name, node), hosts, fromMs: nowMs }
    const made = await makeLeaf(signer, { ...request, untilMs: nowMs + validityDays * dayMs })
    const both = `${made.key.trimEnd()}\n${made.certificate}`
    const content = { 'tls.crt': made.certificate, 'tls.key': made.key, [nodePem]: both }
    const labels = nodeLabels(cluster, node)
    await client.apply(kinds.secret, secret(pass, secretName, content, labels), signal)
  }
}

function secret(
  { cluster }: Pass,
  name: string,
  data: SecretData,
  labels = clusterLabels(cluster),
): Secret {
  const metadata = ownedMetadata(cluster, name, labels)
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: encoded(data) }
}

function isOurs({ cluster }: Pass, { metadata }: KubeObject): boolean {
  const { uid } = ownerOf(cluster)
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
}

function tell({ events, cluster }: Pass, note: string): Promise<void> {
  const event = { type: 'Normal', reason: 'CertificateMade', action: 'Certify', note } as const
  return events.record(cluster, event)
}
