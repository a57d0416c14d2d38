// Objects of Kubernetes as the operator handles them: raw JSON, never a client library's classes,
// since those drop the fields that they do not know. Names of the kinds that it works with.

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
}

/** A kind, and where the API server keeps it. */
export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  /** False for kinds that belong to no namespace. */
  readonly namespaced?: false
}

export const kinds = {
  pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  service: { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  serviceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  volumeClaim: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
  },
  node: { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
  disruptionBudget: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
  },
  networkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
  },
  podMonitor: {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    plural: 'podmonitors',
  },
  lease: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
  event: { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' },
  kafkaCluster: { apiVersion: 'samsa.io/v1', kind: 'KafkaCluster', plural: 'kafkaclusters' },
  kafkaTopic: { apiVersion: 'samsa.io/v1', kind: 'KafkaTopic', plural: 'kafkatopics' },
  kafkaUser: { apiVersion: 'samsa.io/v1', kind: 'KafkaUser', plural: 'kafkausers' },
} as const satisfies Record<string, Kind>

/** What tells an object from all others of its kind while it exists. */
export function keyOf({ metadata }: Pick<KubeObject, 'metadata'>): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** The path of a kind, or of one object of it; `namespace` absent: in all namespaces. */
export function pathOf(
  kind: Kind,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const root = kind.apiVersion.includes('/')
    ? `/apis/${kind.apiVersion}`
    : `/api/${kind.apiVersion}`
  const isNamespaced = !('namespaced' in kind) && namespace !== undefined
  const parts = [
    root,
    ...(isNamespaced ? ['namespaces', encodeURIComponent(namespace)] : []),
    kind.plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
  return parts.join('/')
}
