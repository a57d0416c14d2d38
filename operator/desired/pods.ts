// Pods and their volumes. Pure. A pod passes the restricted Pod Security Standard, holds no token
// of Kubernetes, and is replaced, never changed: what it was made from is in its restart hash.

import { createHash } from 'node:crypto'
import type { KubeObject } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { certificatesDir, clientsAuthority, nodePem } from './listener-security.ts'
import {
  annotationKeys,
  type ClusterNode,
  claimName,
  hasRole,
  imageOf,
  labelKeys,
  nodeLabels,
  nodesServiceName,
  ownedMetadata,
  ownerOf,
  podName,
  ports,
} from './names.ts'
import { dataRoot, type NodeProperties } from './server-properties.ts'

const configDir = '/etc/samsa'
const userId = 1000
/** Leadership moves away within this time; the rest is closing logs. */
const graceSeconds = 120

/** Known only where the pod runs, and before the node starts. */
const hostAddress = {
  name: 'HOST_IP',
  valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } },
}

const defaultResources = {
  requests: { cpu: '100m', memory: '192Mi' },
  limits: { memory: '768Mi' },
}

export interface PodFacts {
  readonly cluster: KafkaCluster
  readonly node: ClusterNode
  readonly image: string
  readonly properties: NodeProperties
  /** By people, on the cluster: everything is to be restarted. */
  readonly restartAt: string | undefined
}

export function configSecret({ cluster, node, properties }: PodFacts): KubeObject {
  const name = podName(cluster.metadata.name, node)
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(cluster, name, nodeLabels(cluster, node)),
    type: 'Opaque',
    data: { 'server.properties': Buffer.from(properties.text).toString('base64') },
  }
  return secret
}

export function pod(facts: PodFacts): KubeObject {
  const { cluster, node } = facts
  const name = podName(cluster.metadata.name, node)
  const spec = podSpec(facts, name)
  const hash = restartHash(facts, spec)
  const metadata = ownedMetadata(cluster, name, nodeLabels(cluster, node))
  const annotations = { [annotationKeys.restartHash]: hash }
  const built = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, annotations }, spec }
  return merged(built, node.pool.template?.pod ?? {}) as KubeObject
}

function restartHash({ node, properties, restartAt }: PodFacts, spec: unknown): string {
  const parts = [spec, node.pool.template?.pod, properties.restartKey, restartAt]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

function podSpec(
  { cluster, node, image, properties }: PodFacts,
  name: string,
): Record<string, unknown> {
  const { pool, zone } = node
  const clusterName = cluster.metadata.name
  const volumes = pool.volumes.map(({ id }) => ({
    name: `data-${id}`,
    persistentVolumeClaim: { claimName: claimName(clusterName, node.id, id) },
  }))
  return {
    hostname: name,
    subdomain: nodesServiceName(clusterName),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: graceSeconds,
    automountServiceAccountToken: false,
    serviceAccountName: clusterName,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: pool.topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: {
          matchLabels: { [labelKeys.cluster]: clusterName, [labelKeys.pool]: pool.name },
        },
      },
    ],
    affinity: {
      podAntiAffinity: preferOtherHosts(clusterName),
      ...(zone !== null && { nodeAffinity: onlyIn(pool.topologyKey, zone) }),
    },
    volumes: [
      { name: 'config', secret: { secretName: name, defaultMode: 0o440 } },
      { name: 'certificates', projected: certificateSources(clusterName, name) },
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ...volumes,
    ],
    containers: [container(node, imageOf(cluster, image), properties)],
  }
}

/** Optional: a certificate that cannot be made must not hold up what works without it. */
function certificateSources(cluster: string, pod: string): unknown {
  const source = (name: string, items: readonly [key: string, path: string][]) => ({
    secret: { name, optional: true, items: items.map(([key, path]) => ({ key, path })) },
  })
  return {
    defaultMode: 0o440,
    sources: [
      source(`${pod}-tls`, [
        ['tls.crt', 'tls.crt'],
        ['tls.key', 'tls.key'],
        [nodePem, nodePem],
      ]),
      source(`${cluster}-cluster-ca-cert`, [['ca.crt', 'cluster-ca.crt']]),
      source(`${cluster}-clients-ca-cert`, [['ca.crt', clientsAuthority]]),
    ],
  }
}

function preferOtherHosts(clusterName: string): unknown {
  const podAffinityTerm = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: { [labelKeys.cluster]: clusterName } },
  }
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] }
}

function onlyIn(key: string, zone: string): unknown {
  const matchExpressions = [{ key, operator: 'In', values: [zone] }]
  return {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  }
}

function container(
  { pool }: ClusterNode,
  image: string,
  { overrides }: NodeProperties,
): Record<string, unknown> {
  const probe = (path: string) => ({ httpGet: { path, port: 'http' } })
  return {
    name: 'samsa',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      'node',
      '--config',
      `${configDir}/server.properties`,
      ...overrides.flatMap((setting) => ['--override', setting]),
    ],
    ...(overrides.length > 0 && { env: [hostAddress] }),
    ports: [
      { name: 'grpc', containerPort: ports.grpc, protocol: 'TCP' },
      ...(hasRole(pool, 'controller')
        ? [{ name: 'controller', containerPort: ports.controller, protocol: 'TCP' }]
        : []),
      { name: 'http', containerPort: ports.http, protocol: 'TCP' },
    ],
    resources: pool.resources ?? defaultResources,
    // Recovery of large logs may take long: only a process that does not answer is restarted.
    livenessProbe: {
      ...probe('/healthz'),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    readinessProbe: {
      ...probe('/readyz'),
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 2,
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'config', mountPath: configDir, readOnly: true },
      { name: 'certificates', mountPath: certificatesDir, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...pool.volumes.map(({ id }) => ({ name: `data-${id}`, mountPath: `${dataRoot}/${id}` })),
    ],
  }
}

/**
 * Owned by the cluster only where the deletion policy says that records go with it: what becomes
 * of them is never decided by accident.
 */
export function volumeClaims(
  cluster: KafkaCluster,
  node: ClusterNode,
  clusterId: string | null,
): KubeObject[] {
  const { name, namespace } = cluster.metadata
  return node.pool.volumes.map((volume) => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: claimName(name, node.id, volume.id),
        namespace,
        labels: { ...nodeLabels(cluster, node), [labelKeys.volume]: String(volume.id) },
        ...(cluster.spec.deletionPolicy === 'Delete' && { ownerReferences: [ownerOf(cluster)] }),
        ...(clusterId !== null && { annotations: { [annotationKeys.clusterId]: clusterId } }),
      },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: volume.size } },
        ...(volume.class !== undefined && { storageClassName: volume.class }),
      },
    }
    return claim
  })
}

/** Objects are merged, lists of named items too; anything else of `extra` wins. */
export function merged(base: unknown, extra: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(extra)) return mergedLists(base, extra)
  if (!isRecord(base) || !isRecord(extra)) return extra
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(extra)) {
    result[key] = key in result ? merged(result[key], value) : value
  }
  return result
}

function mergedLists(base: readonly unknown[], extra: readonly unknown[]): unknown[] {
  const nameOf = (item: unknown) => (isRecord(item) ? item['name'] : undefined)
  if ([...base, ...extra].some((item) => typeof nameOf(item) !== 'string')) return [...extra]
  const left = [...extra]
  const result = base.map((item) => {
    const at = left.findIndex((other) => nameOf(other) === nameOf(item))
    return at < 0 ? item : merged(item, left.splice(at, 1)[0])
  })
  return [...result, ...left]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
