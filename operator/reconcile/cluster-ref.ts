// Which cluster a topic or a user belongs to, whether it may, and which of two resources for one
// thing has it.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import { bad, type Finding } from '../status/conditions.ts'

type Referring = KafkaTopic | KafkaUser

export function homeOf({ spec, metadata }: Referring): { namespace: string; name: string } {
  const { name, namespace = metadata.namespace } = spec.clusterRef
  return { namespace, name }
}

/** Of the cluster that it names. */
export function clusterKeyOf(resource: Referring): string {
  const { namespace, name } = homeOf(resource)
  return `${namespace}/${name}`
}

/** Null where the cluster takes resources of that namespace. */
export function namespaceRefusal(
  { metadata, spec }: KafkaCluster,
  namespace: string,
): Finding | null {
  const allowed = spec.topicNamespaces ?? []
  if (namespace === metadata.namespace || allowed.includes(namespace) || allowed.includes('*')) {
    return null
  }
  const text = `KafkaCluster ${metadata.name} does not name ${namespace} in topicNamespaces`
  return bad('NamespaceNotAllowed', text)
}

/** Of resources for the same thing the oldest has it. */
export function olderRival<T extends Referring>(one: T, rivals: Iterable<T>): T | null {
  for (const other of rivals) {
    if (other.metadata.uid !== one.metadata.uid && isOlder(other, one)) return other
  }
  return null
}

function isOlder(a: Referring, b: Referring): boolean {
  const [x, y] = [a.metadata, b.metadata]
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp
  // Those times are of whole seconds: within one, whoever has it already keeps it.
  const [aHasIt, bHasIt] = [isReady(a), isReady(b)]
  return aHasIt === bHasIt ? x.uid < y.uid : aHasIt
}

function isReady({ status }: Referring): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
}
