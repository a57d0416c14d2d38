// Names, labels and ports of everything that the operator makes: one place, since pods, services,
// certificates and status must agree on them. Pure.

import type { Metadata, OwnerReference } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'

export const ports = { grpc: 19_092, controller: 19_093, http: 8_080 } as const

export const labelKeys = {
  cluster: 'samsa.io/cluster',
  nodeId: 'samsa.io/node-id',
  pool: 'samsa.io/pool',
  volume: 'samsa.io/volume',
  zone: 'samsa.io/zone',
  /** On volumes that a node gave up: of no node now, until one takes its id again. */
  released: 'samsa.io/released',
  isBroker: 'samsa.io/broker',
  isController: 'samsa.io/controller',
} as const

export const annotationKeys = {
  /** On volumes: whose records they hold, so that a cluster made anew can take them up. */
  clusterId: 'samsa.io/cluster-id',
  /** On pods: what cannot change without a restart, as a digest. */
  restartHash: 'samsa.io/restart-hash',
  /** On a pod or a cluster, by people: restart it. */
  restartAt: 'samsa.io/restart-at',
  /** On a cluster, by people: another value has replicas spread evenly once more. */
  rebalance: 'samsa.io/rebalance',
  /** On a cluster, by people: the roll that waits may go on. */
  approved: 'samsa.io/approved-generation',
} as const

type Role = 'broker' | 'controller'
export type NodePool = KafkaCluster['spec']['nodePools'][number]
export type Listener = KafkaCluster['spec']['listeners'][number]

/** One node of the cluster, whether its pod is there or not. */
export interface ClusterNode {
  readonly id: number
  readonly pool: NodePool
  /** Where it is bound to; its rack. Null where its pool names no zones. */
  readonly zone: string | null
}

export function hasRole(pool: NodePool, role: Role): boolean {
  return pool.roles.includes(role)
}

/** What to run: the release that the spec names, or what the operator was told. */
export function imageOf({ spec }: KafkaCluster, image: string): string {
  if (spec.version === undefined) return image
  return `${image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')}:${spec.version}`
}

export const podName = (cluster: string, { id, pool }: Pick<ClusterNode, 'id' | 'pool'>) =>
  `${cluster}-${pool.name}-${id}`
export const claimName = (cluster: string, nodeId: number, volumeId: number) =>
  `data-${volumeId}-${cluster}-${nodeId}`
export const nodesServiceName = (cluster: string) => `${cluster}-nodes`
export const bootstrapServiceName = (cluster: string, listener: Listener) =>
  listener.type === 'internal' ? `${cluster}-bootstrap` : `${cluster}-${listener.name}-bootstrap`
export const brokerServiceName = (cluster: string, listener: Listener, nodeId: number) =>
  `${cluster}-${listener.name}-${nodeId}`

/** The name that a node is reached by from anywhere in the Kubernetes cluster. */
export function hostOf(cluster: KafkaCluster, node: ClusterNode): string {
  const { name, namespace } = cluster.metadata
  return `${podName(name, node)}.${nodesServiceName(name)}.${namespace}.svc`
}

export function clusterLabels(cluster: KafkaCluster): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'samsa',
    'app.kubernetes.io/instance': cluster.metadata.name,
    'app.kubernetes.io/managed-by': 'samsa-operator',
    [labelKeys.cluster]: cluster.metadata.name,
  }
}

export function nodeLabels(
  cluster: KafkaCluster,
  { id, pool, zone }: ClusterNode,
): Record<string, string> {
  return {
    ...clusterLabels(cluster),
    [labelKeys.pool]: pool.name,
    [labelKeys.nodeId]: String(id),
    ...(zone !== null && { [labelKeys.zone]: zone }),
    [labelKeys.isBroker]: String(hasRole(pool, 'broker')),
    [labelKeys.isController]: String(hasRole(pool, 'controller')),
  }
}

export function ownerOf(cluster: KafkaCluster): OwnerReference {
  const { apiVersion, kind, metadata } = cluster
  const { name, uid } = metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

/** Of an object that goes with the cluster. */
export function ownedMetadata(
  cluster: KafkaCluster,
  name: string,
  labels: Record<string, string> = clusterLabels(cluster),
): Metadata {
  const { namespace } = cluster.metadata
  return { name, namespace, labels, ownerReferences: [ownerOf(cluster)] }
}
