// One pass over one KafkaTopic: makes the topic, adds partitions, moves replicas, sets configs, and
// deletes it where its policy says so. Two resources for one topic: the older one has it. A
// finalizer is there only while records would have to be deleted, and never outlives the cluster.

import type { ClusterAdmin } from '../cluster/admin.ts'
import { type KeptTopic, keepTopic } from '../cluster/keep-topic.ts'
import type { KubeClient } from '../kube/client.ts'
import { isNotFound } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import { kinds } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import { planReplicas } from '../rollout/replica-moves.ts'
import { bad, type Finding, good, unknown } from '../status/conditions.ts'
import { clusterKeyOf, homeOf, namespaceRefusal, olderRival } from './cluster-ref.ts'
import { writeStatus } from './write-status.ts'

export const topicFinalizer = 'samsa.io/topic'

/** Something may have changed in the cluster that no resource tells of. */
const driftCheckMs = 120_000
const againMs = 2_000
/** A topic that cannot be reached is left behind after so long: no namespace waits for a cluster. */
const unreachableMaxMs = 30_000

export interface TopicReconcilerOptions {
  readonly client: KubeClient
  readonly clusterOf: (namespace: string, name: string) => KafkaCluster | undefined
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  /** All KafkaTopics for a topic of that name, of whatever cluster. */
  readonly topicsNamed: (name: string) => Iterable<KafkaTopic>
  readonly events: EventRecorder
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
    return await finalize(options, topic, cluster, signal)
  }
  const outcome = await keep(options, topic, cluster, signal)
  const said = { findings: new Map([['Ready', outcome.finding]]), fields: outcome.status }
  await writeStatus(options, kinds.kafkaTopic, topic, said, signal)
  return outcome.againMs
}

export function nameInKafka({ spec, metadata }: KafkaTopic): string {
  return spec.topicName ?? metadata.name
}

function clusterOf(options: TopicReconcilerOptions, topic: KafkaTopic): KafkaCluster | undefined {
  const { namespace, name } = homeOf(topic)
  return options.clusterOf(namespace, name)
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
  { topicsNamed }: TopicReconcilerOptions,
  topic: KafkaTopic,
  cluster: KafkaCluster,
): Finding | null {
  const refusal = namespaceRefusal(cluster, topic.metadata.namespace)
  if (refusal !== null) return refusal
  const name = nameInKafka(topic)
  const key = clusterKeyOf(topic)
  const rivals = [...topicsNamed(name)].filter((one) => clusterKeyOf(one) === key)
  const older = olderRival(topic, rivals)
  if (older === null) return null
  const owner = `${older.metadata.namespace}/${older.metadata.name}`
  return bad('ResourceConflict', `topic ${name} belongs to KafkaTopic ${owner}, which is older`)
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
): Promise<number | null> {
  const { finalizers = [], deletionTimestamp = '' } = topic.metadata
  if (!finalizers.includes(topicFinalizer)) return null
  const isGoing = cluster === undefined || cluster.metadata.deletionTimestamp !== undefined
  const mayDelete = !isGoing && refusalOf(options, topic, cluster) === null
  // With the cluster gone there is nothing to delete, and waiting would hang the namespace.
  if (mayDelete && topic.spec.deletionPolicy === 'Delete') {
    try {
      await deleteTopic(options.adminOf(cluster), nameInKafka(topic), signal)
    } catch (error) {
      if (signal.aborted) throw error
      const waitedMs = options.wallMs() - Date.parse(deletionTimestamp)
      if (waitedMs < unreachableMaxMs) return againMs
      const why = error instanceof Error ? error.message : String(error)
      const note = `topic ${nameInKafka(topic)} stays in the cluster: ${why}`
      const event = { type: 'Warning', reason: 'TopicLeftBehind', action: 'Delete', note } as const
      await options.events.record(topic, event)
    }
  }
  const left = finalizers.filter((one) => one !== topicFinalizer)
  const patch = { metadata: { finalizers: left } }
  try {
    await options.client.merge(kinds.kafkaTopic, topic, patch, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return null
}

async function deleteTopic(admin: ClusterAdmin, name: string, signal: AbortSignal): Promise<void> {
  if ((await admin.topic(name, signal)) !== null) await admin.deleteTopic(name, signal)
}
