// Services and network policies of a cluster, its disruption budget and its service account. Pure.

import type { KubeObject } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import {
  bootstrapServiceName,
  brokerServiceName,
  type ClusterNode,
  clusterLabels,
  hasRole,
  type Listener,
  labelKeys,
  nodesServiceName,
  ownedMetadata,
  ports,
} from './names.ts'
import type { NodePorts } from './node-ports.ts'
import { merged } from './pods.ts'
import { servedListeners } from './served-listeners.ts'

interface ServicePort {
  readonly name: string
  readonly port: number
  readonly targetPort: number
  readonly protocol: 'TCP'
  readonly nodePort?: number
}

const serviceTypes = {
  internal: 'ClusterIP',
  'cluster-ip': 'ClusterIP',
  nodeport: 'NodePort',
  loadbalancer: 'LoadBalancer',
} as const

/** Of Services that `nodePorts` does not have, the API server chooses what the spec does not name. */
export function services(
  cluster: KafkaCluster,
  nodes: readonly ClusterNode[],
  nodePorts: NodePorts,
): KubeObject[] {
  const brokers = nodes.filter(({ pool }) => hasRole(pool, 'broker'))
  const external = servedListeners(cluster).filter(({ type }) => type !== 'internal')
  return [
    nodesService(cluster),
    ...bootstrapServices(cluster, nodePorts),
    ...external.flatMap((listener) =>
      brokers.map((broker) => brokerService(cluster, listener, broker, nodePorts)),
    ),
  ]
}

/** A name for each node, also while it is not ready: nodes must find each other to become so. */
function nodesService(cluster: KafkaCluster): KubeObject {
  const names = [['grpc', ports.grpc] as const, ['controller', ports.controller] as const]
  return service(cluster, nodesServiceName(cluster.metadata.name), {
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { [labelKeys.cluster]: cluster.metadata.name },
    ports: [
      ...names.map(([name, port]) => servicePort(name, port)),
      ...servedListeners(cluster).map(({ name, port }) => servicePort(name, port)),
    ],
  })
}

/** All internal listeners share one name; every other kind has a service of its own. */
function bootstrapServices(cluster: KafkaCluster, nodePorts: NodePorts): KubeObject[] {
  const { name } = cluster.metadata
  const byService = new Map<string, Listener[]>()
  for (const listener of servedListeners(cluster)) {
    const serviceName = bootstrapServiceName(name, listener)
    byService.set(serviceName, [...(byService.get(serviceName) ?? []), listener])
  }
  return [...byService].map(([serviceName, listeners]) => {
    const [first] = listeners
    const type = first === undefined ? 'ClusterIP' : serviceTypes[first.type]
    return service(
      cluster,
      serviceName,
      {
        type,
        selector: { [labelKeys.cluster]: name, [labelKeys.isBroker]: 'true' },
        ports: listeners.map(({ name: portName, port, bootstrap }) =>
          servicePort(portName, port, bootstrap?.nodePort ?? nodePorts.get(serviceName)),
        ),
        ...externalFields(first),
      },
      first?.annotations,
    )
  })
}

function brokerService(
  cluster: KafkaCluster,
  listener: Listener,
  { id, pool }: ClusterNode,
  nodePorts: NodePorts,
): KubeObject {
  const { name } = cluster.metadata
  const serviceName = brokerServiceName(name, listener, id)
  const named = listener.brokers?.find(({ nodeId }) => nodeId === id)?.nodePort
  const nodePort = named ?? nodePorts.get(serviceName)
  const built = service(
    cluster,
    serviceName,
    {
      type: serviceTypes[listener.type],
      // A broker must be reachable by its own name before it can be ready.
      publishNotReadyAddresses: true,
      selector: { [labelKeys.cluster]: name, [labelKeys.nodeId]: String(id) },
      ports: [servicePort(listener.name, listener.port, nodePort)],
      ...externalFields(listener),
    },
    listener.annotations,
  )
  return merged(built, pool.template?.service ?? {}) as KubeObject
}

function externalFields(listener: Listener | undefined): Record<string, unknown> {
  if (listener === undefined || listener.type === 'internal' || listener.type === 'cluster-ip')
    return {}
  const { externalTrafficPolicy, sourceRanges, type } = listener
  return {
    ...(externalTrafficPolicy !== undefined && { externalTrafficPolicy }),
    ...(type === 'loadbalancer' &&
      sourceRanges !== undefined && { loadBalancerSourceRanges: sourceRanges }),
  }
}

function servicePort(name: string, port: number, nodePort?: number): ServicePort {
  const base = { name, port, targetPort: port, protocol: 'TCP' } as const
  return nodePort === undefined ? base : { ...base, nodePort }
}

function service(
  cluster: KafkaCluster,
  name: string,
  spec: Record<string, unknown>,
  annotations?: Readonly<Record<string, string>>,
): KubeObject {
  const metadata = ownedMetadata(cluster, name)
  const built = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: annotations === undefined ? metadata : { ...metadata, annotations },
    spec,
  }
  return built
}

/**
 * One pod at a time may be taken away by others. The operator itself asks more of a moment before
 * it takes one.
 */
export function disruptionBudget(cluster: KafkaCluster, nodes: readonly ClusterNode[]): KubeObject {
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(cluster, cluster.metadata.name),
    // A percentage or maxUnavailable needs an owner with a scale, which bare pods do not have.
    spec: {
      minAvailable: Math.max(0, nodes.length - 1),
      selector: { matchLabels: { [labelKeys.cluster]: cluster.metadata.name } },
    },
  }
  return budget
}

export function serviceAccount(cluster: KafkaCluster): KubeObject {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: ownedMetadata(cluster, cluster.metadata.name),
    automountServiceAccountToken: false,
  }
  return account
}

/** Node-to-node ports are for the nodes and the operator; listeners and metrics are for all. */
export function networkPolicy(cluster: KafkaCluster): KubeObject {
  const { name } = cluster.metadata
  const tcp = (port: number) => ({ port, protocol: 'TCP' })
  const operator = {
    namespaceSelector: {},
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'samsa-operator' } },
  }
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(cluster, name),
    spec: {
      podSelector: { matchLabels: { [labelKeys.cluster]: name } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: clusterLabels(cluster) } }, operator],
          ports: [tcp(ports.grpc), tcp(ports.controller)],
        },
        { ports: [...servedListeners(cluster).map(({ port }) => tcp(port)), tcp(ports.http)] },
      ],
    },
  }
  return policy
}
