// The names that a node's certificate is for: its own, those of the services in front of it, and
// what clients from outside are told. Pure.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { type Exposed, hostPlaceholder } from './addresses.ts'
import {
  bootstrapServiceName,
  brokerServiceName,
  type ClusterNode,
  hasRole,
  hostOf,
  nodesServiceName,
  podName,
} from './names.ts'

export function nodeHosts(
  cluster: KafkaCluster,
  node: ClusterNode,
  exposed: Exposed,
  /** Of the Kubernetes node that its pod runs on; null while it runs nowhere. */
  hostAddress: string | null,
): string[] {
  const { name, namespace } = cluster.metadata
  const own = `${podName(name, node)}.${nodesServiceName(name)}`
  const hosts = new Set([hostOf(cluster, node), `${own}.${namespace}.svc.cluster.local`])
  if (!hasRole(node.pool, 'broker')) return [...hosts]
  for (const listener of cluster.spec.listeners) {
    const services = [bootstrapServiceName(name, listener)]
    if (listener.type !== 'internal') services.push(brokerServiceName(name, listener, node.id))
    for (const service of services) {
      for (const suffix of ['', `.${namespace}`, `.${namespace}.svc`]) hosts.add(service + suffix)
    }
    for (const alternative of listener.bootstrap?.alternativeNames ?? []) hosts.add(alternative)
    const told = exposed.get(listener.name)?.get(node.id)?.host ?? null
    const host = told === hostPlaceholder ? hostAddress : told
    if (host !== null) hosts.add(host)
  }
  return [...hosts].sort()
}
