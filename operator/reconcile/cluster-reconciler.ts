// One pass over one KafkaCluster: reads what there is, runs every step, writes the status. A step
// that fails has its own condition say so and holds up no other; the pass as a whole fails only
// when nothing could be read or the status not be written.

import type { ClusterAdmin, ClusterFacts } from '../cluster/admin.ts'
import { type ExposingService, exposedAddresses } from '../desired/addresses.ts'
import { type ClusterNode, hasRole, imageOf, labelKeys, ownerOf } from '../desired/names.ts'
import { type KnownNode, planNodes } from '../desired/node-ids.ts'
import { nodePorts } from '../desired/node-ports.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import { type KubeObject, kinds } from '../kube/objects.ts'
import type { Pod } from '../observe/pods.ts'
import { clusterIdsOf, nodeIdOf, poolOf, type VolumeClaim, zoneOf } from '../observe/volumes.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { bad, conditionsOf, type Finding, good, unknown } from '../status/conditions.ts'
import { access } from '../steps/access.ts'
import { certificates } from '../steps/certificates.ts'
import { drain } from '../steps/drain.ts'
import { dynamicConfig } from '../steps/dynamic-config.ts'
import { monitoring } from '../steps/monitoring.ts'
import { pods } from '../steps/pods.ts'
import { quorum } from '../steps/quorum.ts'
import { rebalance } from '../steps/rebalance.ts'
import type { Pass, Step, StepResult } from '../steps/step.ts'
import { storage } from '../steps/storage.ts'
import { topics } from '../steps/topics.ts'
import { isSame } from './write-status.ts'

/** In this order; none waits for the success of another. */
const steps: readonly Step[] = [
  certificates,
  access,
  storage,
  pods,
  quorum,
  dynamicConfig,
  topics,
  rebalance,
  drain,
  monitoring,
]

export interface ClusterReconcilerOptions {
  readonly client: KubeClient
  readonly events: EventRecorder
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  readonly image: string
  readonly wallMs: () => number
  /** For one step, and for the look at the cluster; the rest of the pass goes on without it. */
  readonly stepTimeoutMs: number
  readonly onStepFailure: (cluster: string, condition: string, error: unknown) => void
}

type Status = NonNullable<KafkaCluster['status']>

/** Returns after how long to look again; null: when something changes. */
export async function reconcileCluster(
  options: ClusterReconcilerOptions,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { client } = options
  const cluster = await client.get<KafkaCluster>(kinds.kafkaCluster, namespace, name, signal)
  // Everything that belongs to it goes with it, by its owner references; its volumes stay.
  if (cluster === null || cluster.metadata.deletionTimestamp !== undefined) return null
  if (cluster.spec.paused) {
    const paused = new Map([['Ready', unknown('Paused', 'spec.paused is true')]])
    await writeStatus(options, cluster, paused, {}, signal)
    return null
  }
  const isNews = cluster.status?.observedGeneration !== cluster.metadata.generation
  if (isNews) await announce(options, cluster, signal)
  const pass = await look(options, cluster, signal)
  return runSteps(options, pass)
}

/** Whoever waits for Ready must not be told of the generation before. */
async function announce(
  options: ClusterReconcilerOptions,
  cluster: KafkaCluster,
  signal: AbortSignal,
): Promise<void> {
  const findings = new Map<string, Finding>([
    ['Ready', bad('Reconciling', 'the spec has changed')],
    ['Progressing', good('Reconciling', 'the spec has changed')],
  ])
  await writeStatus(options, cluster, findings, {}, signal)
}

async function look(
  options: ClusterReconcilerOptions,
  cluster: KafkaCluster,
  signal: AbortSignal,
): Promise<Pass> {
  const { client, events, image, wallMs } = options
  const { name, namespace } = cluster.metadata
  const labelSelector = `${labelKeys.cluster}=${name}`
  const where = { namespace, labelSelector }
  const [podList, claimList, serviceList] = await Promise.all([
    client.list<Pod>(kinds.pod, where, signal),
    client.list<VolumeClaim>(kinds.volumeClaim, where, signal),
    client.list<ExposingService>(kinds.service, where, signal),
  ])
  const ours = podList.items.filter((pod) => isOwned(pod, cluster))
  const podOf = new Map(ours.flatMap((pod) => pairOf(pod)))
  const known = knownNodes(cluster, ours, claimList.items)
  const { wanted, surplus } = planNodes(cluster.spec.nodePools, known)
  const admin = options.adminOf(cluster)
  const { live, adminProblem } = await ask(admin, options.stepTimeoutMs, signal)
  const serviceOf = new Map(serviceList.items.map((one) => [one.metadata.name, one]))
  // Who is leaving is reached by clients until it has given everything away.
  const reached = [...wanted, ...nodesOf(cluster, surplus)]
  const brokers = reached.filter(({ pool }) => hasRole(pool, 'broker'))
  const asked = nodePorts({ cluster, nodes: reached, services: serviceOf, pods: podOf })
  const exposed = exposedAddresses(cluster, brokers, serviceOf, asked)
  return {
    cluster,
    nodes: wanted,
    surplus,
    reached,
    pods: podOf,
    claims: claimList.items,
    live,
    adminProblem,
    admin,
    client,
    events,
    exposed,
    nodePorts: asked,
    services: serviceOf,
    image,
    nowMs: wallMs(),
    signal,
  }
}

/** Those whose pools the spec still has. */
function nodesOf({ spec }: KafkaCluster, known: readonly KnownNode[]): ClusterNode[] {
  return known.flatMap(({ id, pool: name, zone = null }) => {
    const pool = spec.nodePools.find((one) => one.name === name)
    return pool === undefined ? [] : [{ id, pool, zone }]
  })
}

function isOwned(object: KubeObject, cluster: KafkaCluster): boolean {
  const { uid } = ownerOf(cluster)
  return object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
}

function pairOf(pod: Pod): [number, Pod][] {
  const id = nodeIdOf(pod)
  return id === null ? [] : [[id, pod]]
}

/** Whoever has a pod or volumes is a node, whatever the status remembers. */
function knownNodes(
  { status }: KafkaCluster,
  podList: readonly Pod[],
  claims: readonly VolumeClaim[],
): KnownNode[] {
  const known = new Map<number, KnownNode>()
  for (const { id, pool, zone } of status?.nodes ?? []) {
    known.set(id, { id, pool, ...(zone !== undefined && { zone }) })
  }
  for (const object of [...claims, ...podList]) {
    const [id, pool, zone] = [nodeIdOf(object), poolOf(object), zoneOf(object)]
    if (id !== null && pool !== null) known.set(id, { id, pool, ...(zone !== null && { zone }) })
  }
  return [...known.values()]
}

/** Bounded in time: a cluster that does not answer must not keep its pods from being mended. */
async function ask(
  admin: ClusterAdmin,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ live: ClusterFacts | null; adminProblem: string | null }> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const live = await admin.describe(AbortSignal.any([signal, timeout]))
    return { live, adminProblem: null }
  } catch (error) {
    if (signal.aborted) throw error
    const text = error instanceof Error ? error.message : String(error)
    const late = `the cluster did not tell its state within ${timeoutMs} ms`
    return { live: null, adminProblem: timeout.aborted ? late : text }
  }
}

async function runSteps(options: ClusterReconcilerOptions, pass: Pass): Promise<number | null> {
  const findings = new Map<string, Finding>()
  const status: Partial<Status> = {}
  let againMs: number | null = null
  for (const step of steps) {
    const result = await runStep(options, step, pass)
    findings.set(step.condition, result.finding)
    Object.assign(status, result.status)
    againMs = sooner(againMs, result.againMs)
  }
  const isReady = [...findings.values()].every((finding) => finding.status === 'True')
  const worst = [...findings].find(([, finding]) => finding.status !== 'True')
  const why = worst === undefined ? '' : `${worst[0]}: ${worst[1].message}`
  findings.set('Ready', isReady ? good('Ready') : bad(worst?.[1].reason ?? 'NotReady', why))
  const moving = isReady ? bad('Settled', '') : good(worst?.[1].reason ?? 'NotReady', why)
  findings.set('Progressing', moving)
  findings.set('Degraded', degraded(pass))
  const [knownId] = clusterIdsOf(pass.claims)
  const clusterId = pass.live?.clusterId ?? knownId
  const version = imageOf(pass.cluster, pass.image).split(':').at(-1)
  const { listeners } = pass.cluster.status ?? {}
  const fields = {
    // Node ports that are to be asked for again are known from them: kept when their step fails.
    ...(listeners !== undefined && { listeners }),
    ...status,
    ...(clusterId !== undefined && { clusterId }),
    ...(version !== undefined && { version }),
  }
  await writeStatus(options, pass.cluster, findings, fields, pass.signal)
  return againMs
}

function degraded({ live }: Pass): Finding {
  if (live === null) return unknown('ClusterUnreachable', 'the cluster cannot be asked')
  const under = live.partitions.filter(({ isr, replicas }) => isr.length < replicas.length)
  const offline = live.partitions.filter(({ leader }) => leader < 0)
  if (offline.length > 0) return good('OfflinePartitions', `${offline.length} have no leader`)
  if (under.length > 0) return good('UnderReplicated', `${under.length} partitions lack replicas`)
  return bad('AllReplicated', '')
}

/** Bounded in time; what goes wrong is its own finding. */
async function runStep(
  options: ClusterReconcilerOptions,
  step: Step,
  pass: Pass,
): Promise<StepResult> {
  const timeout = AbortSignal.timeout(options.stepTimeoutMs)
  const signal = AbortSignal.any([pass.signal, timeout])
  try {
    return await step.run({ ...pass, signal })
  } catch (error) {
    if (pass.signal.aborted) throw error
    options.onStepFailure(pass.cluster.metadata.name, step.condition, error)
    const text = error instanceof Error ? error.message : String(error)
    const reason = timeout.aborted ? 'TimedOut' : 'Failed'
    return { finding: bad(reason, text), againMs: stepRetryMs }
  }
}

const stepRetryMs = 2_000

function sooner(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}

async function writeStatus(
  { client, wallMs }: ClusterReconcilerOptions,
  cluster: KafkaCluster,
  findings: ReadonlyMap<string, Finding>,
  fields: Partial<Status>,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, metadata, status: before } = cluster
  const { name, namespace, generation } = metadata
  const kept = new Map<string, Finding>()
  // What this pass did not look at is still as it was said.
  for (const { type, status, reason, message } of before?.conditions ?? []) {
    kept.set(type, { status, reason, message })
  }
  for (const [type, finding] of findings) kept.set(type, finding)
  const status = {
    ...(Object.keys(fields).length === 0 ? before : fields),
    observedGeneration: generation,
    conditions: conditionsOf(kept, before?.conditions ?? [], generation, wallMs()),
  }
  if (isSame(status, before)) return
  const object = { apiVersion, kind, metadata: { name, namespace }, status }
  await client.applyStatus(kinds.kafkaCluster, object, signal)
}
