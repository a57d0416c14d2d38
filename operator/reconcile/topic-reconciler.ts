// One pass over one KafkaTopic: makes the topic, adds partitions, moves replicas, sets configs, and
// deletes it where its policy says so. Two resources for one topic: the older one has it. A
// finalizer is there only while records would have to be deleted, and never outlives the cluster.

import type { ClusterAdmin } from '../cluster/admin.ts'
import { type KeptTopic, keepTopic } from '../cluster/keep-topic.ts'
import type { KubeClient } from '../kube/client.ts'
import { kinds } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import { planReplicas } from '../rollout/replica-moves.ts'
import { bad, conditionsOf, type Finding, good, unknown } from '../status/conditions.ts'

export const topicFinalizer = 'samsa.io/topic'

/** Something may have changed in the cluster that no resource tells of. */
const driftCheckMs = 60_000
const againMs = 2_000

export interface TopicReconcilerOptions {
  readonly client: KubeClient
  readonly clusterOf: (namespace: string, name: string) => KafkaCluster | undefined
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  /** All KafkaTopics that there are. */
  readonly topics: () => Iterable<KafkaTopic>
  readonly wallMs: () => number
}

interface Outcome {
  readonly finding: Finding
  readonly againMs: number | null
  readonly status?: Partial<NonNullable<KafkaTopic['status']>>
}

/** Returns after how long to look again; null: when something changes. */
export async function reconcileTopic(
  options: TopicReconcilerOptions,
  topic: KafkaTopic,
  signal: AbortSignal,
): Promise<number | null> {
  const cluster = clusterOf(options, topic)
  if (topic.metadata.deletionTimestamp !== undefined) {
    await finalize(options, topic, cluster, signal)
    return null
  }
  const outcome = await keep(options, topic, cluster, signal)
  await writeStatus(options, topic, outcome, signal)
  return outcome.againMs
}

export function nameInKafka({ spec, metadata }: KafkaTopic): string {
  return spec.topicName ?? metadata.name
}

function clusterOf(options: TopicReconcilerOptions, topic: KafkaTopic): KafkaCluster | undefined {
  const { name, namespace } = topic.spec.clusterRef
  return options.clusterOf(namespace ?? topic.metadata.namespace, name)
}

async function keep(
  options: TopicReconcilerOptions,
  topic: KafkaTopic,
  cluster: KafkaCluster | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  if (cluster === undefined) {
    const { name } = topic.spec.clusterRef
    return {
      finding: bad('ClusterNotFound', `there is no KafkaCluster ${name}`),
      againMs: driftCheckMs,
    }
  }
  const refusal = refusalOf(options, topic, cluster)
  if (refusal !== null) return { finding: refusal, againMs: driftCheckMs }
  await keepFinalizer(options, topic, signal)
  const admin = options.adminOf(cluster)
  try {
    const { partitions, replicas, config } = topic.spec
    const wanted = {
      name: nameInKafka(topic),
      ...(partitions !== undefined && { partitions }),
      ...(replicas !== undefined && { replicas }),
      ...(config !== undefined && { config }),
    }
    const kept = await keepTopic(admin, wanted, signal)
    return await moveReplicas(admin, topic, kept, signal)
  } catch (error) {
    if (signal.aborted) throw error
    const text = error instanceof Error ? error.message : String(error)
    return { finding: unknown('ClusterUnreachable', text), againMs }
  }
}

function refusalOf(
  { topics }: TopicReconcilerOptions,
  topic: KafkaTopic,
  cluster: KafkaCluster,
): Finding | null {
  const { namespace, uid } = topic.metadata
  const allowed = cluster.spec.topicNamespaces ?? []
  const isForeign = namespace !== cluster.metadata.namespace
  if (isForeign && !allowed.includes(namespace) && !allowed.includes('*')) {
    const { name: owner } = cluster.metadata
    const text = `KafkaCluster ${owner} does not name ${namespace} in topicNamespaces`
    return bad('NamespaceNotAllowed', text)
  }
  const name = nameInKafka(topic)
  const home = (one: KafkaTopic) => one.spec.clusterRef.namespace ?? one.metadata.namespace
  for (const other of topics()) {
    const isSame =
      other.metadata.uid !== uid &&
      nameInKafka(other) === name &&
      other.spec.clusterRef.name === topic.spec.clusterRef.name &&
      home(other) === home(topic)
    if (!isSame || !isOlder(other, topic)) continue
    const owner = `${other.metadata.namespace}/${other.metadata.name}`
    return bad('ResourceConflict', `topic ${name} belongs to KafkaTopic ${owner}, which is older`)
  }
  return null
}

function isOlder(a: KafkaTopic, b: KafkaTopic): boolean {
  const [x, y] = [a.metadata, b.metadata]
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp
  return x.uid < y.uid
}

async function moveReplicas(
  admin: ClusterAdmin,
  topic: KafkaTopic,
  kept: KeptTopic,
  signal: AbortSignal,
): Promise<Outcome> {
  const { facts, problem, reassigning } = kept
  const status = {
    topicName: nameInKafka(topic),
    ...(facts !== null && {
      topicId: facts.topicId,
      partitions: facts.partitions.length,
      replicas: facts.partitions[0]?.replicas.length ?? 0,
    }),
    ...(reassigning > 0 && { reassigning }),
  }
  if (problem !== null) return { finding: bad('Refused', problem), againMs: driftCheckMs, status }
  if (reassigning === 0) return { finding: good('Ready'), againMs: driftCheckMs, status }
  const live = await admin.describe(signal)
  const plan = planReplicas(live, nameInKafka(topic), topic.spec.replicas ?? 1)
  if (plan.problem !== null) {
    return { finding: bad('TooFewBrokers', plan.problem), againMs: driftCheckMs, status }
  }
  if (live.reassigning === 0) await admin.reassign(plan.moves, null, signal)
  const text = `replicas of ${reassigning} partitions are being changed`
  return { finding: bad('Reassigning', text), againMs, status }
}

async function keepFinalizer(
  { client }: TopicReconcilerOptions,
  topic: KafkaTopic,
  signal: AbortSignal,
): Promise<void> {
  const { finalizers = [] } = topic.metadata
  const isWanted = topic.spec.deletionPolicy === 'Delete'
  if (isWanted === finalizers.includes(topicFinalizer)) return
  const others = finalizers.filter((name) => name !== topicFinalizer)
  const next = isWanted ? [...others, topicFinalizer] : others
  const { resourceVersion } = topic.metadata
  const patch = { metadata: { finalizers: next, resourceVersion } }
  await client.merge(kinds.kafkaTopic, topic, patch, signal)
}

async function finalize(
  options: TopicReconcilerOptions,
  topic: KafkaTopic,
  cluster: KafkaCluster | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { finalizers = [] } = topic.metadata
  if (!finalizers.includes(topicFinalizer)) return
  const isGoing = cluster === undefined || cluster.metadata.deletionTimestamp !== undefined
  const mayDelete = !isGoing && refusalOf(options, topic, cluster) === null
  // With the cluster gone there is nothing to delete, and waiting would hang the namespace.
  if (mayDelete && topic.spec.deletionPolicy === 'Delete') {
    const admin = options.adminOf(cluster)
    const name = nameInKafka(topic)
    if ((await admin.topic(name, signal)) !== null) await admin.deleteTopic(name, signal)
  }
  const left = finalizers.filter((one) => one !== topicFinalizer)
  await options.client.merge(kinds.kafkaTopic, topic, { metadata: { finalizers: left } }, signal)
}

async function writeStatus(
  { client, wallMs }: TopicReconcilerOptions,
  topic: KafkaTopic,
  { finding, status: fields }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, metadata, status: before } = topic
  const { name, namespace, generation } = metadata
  const findings = new Map([['Ready', finding]])
  const status = {
    ...(fields ?? before),
    observedGeneration: generation,
    conditions: conditionsOf(findings, before?.conditions ?? [], generation, wallMs()),
  }
  if (JSON.stringify(status) === JSON.stringify(before)) return
  const object = { apiVersion, kind, metadata: { name, namespace }, status }
  await client.applyStatus(kinds.kafkaTopic, object, signal)
}
