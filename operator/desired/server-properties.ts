// A node's server.properties. Pure. Parted in two: what a running node can take over (dynamic), and
// what it reads once; only the second makes a restart necessary. Who the controllers are is read at
// the first start and after that known from the quorum itself: it restarts nobody.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { hostPlaceholder } from './addresses.ts'
import { authorizerSettings, protocolOf, securitySettings } from './listener-security.ts'
import { type ClusterNode, hasRole, hostOf, type Listener, ports } from './names.ts'
import { servedListeners } from './served-listeners.ts'

export interface NodeFacts {
  readonly cluster: KafkaCluster
  readonly node: ClusterNode
  readonly controllers: readonly ClusterNode[]
  /** Where clients of an external listener reach this node, by the listener's name. */
  readonly addresses: ReadonlyMap<string, { readonly host: string; readonly port: number }>
  /** Names of the configs that running brokers take over. */
  readonly isDynamic: (name: string) => boolean
}

export interface NodeProperties {
  readonly text: string
  /** Settings that only the pod's place completes, as arguments: key=value. */
  readonly overrides: readonly string[]
  /** The part that a restart is needed for, in a canonical form. */
  readonly restartKey: string
}

export const dataRoot = '/var/lib/samsa'

export function serverProperties(facts: NodeFacts): NodeProperties {
  const own = identitySettings(facts)
  const isPlaced = ([, value]: readonly [string, string]) => value.includes(hostPlaceholder)
  const overrides = own.filter(isPlaced).map(([name, value]) => `${name}=${value}`)
  const identity = own.filter((setting) => !isPlaced(setting))
  const given = Object.entries(facts.cluster.spec.config ?? {})
    .map(([name, value]) => [name, String(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const quorum = quorumSettings(facts)
  const fixed = [...identity, ...given.filter(([name]) => !facts.isDynamic(name))]
  const all = [...identity, ...quorum, ...given]
  return { text: lines(all), overrides, restartKey: lines(fixed) }
}

function identitySettings(facts: NodeFacts): [string, string][] {
  const { cluster, node } = facts
  const { pool, zone } = node
  const isBroker = hasRole(pool, 'broker')
  const isController = hasRole(pool, 'controller')
  const listeners = isBroker ? servedListeners(cluster) : []
  const opened = [
    ...listeners.map((listener) => `${nameOf(listener)}://0.0.0.0:${listener.port}`),
    ...(isController ? [`CONTROLLER://0.0.0.0:${ports.controller}`] : []),
  ]
  const protocols = listeners.map((listener) => `${nameOf(listener)}:${protocolOf(listener)}`)
  return [
    ['node.id', String(node.id)],
    [
      'process.roles',
      [isBroker && 'broker', isController && 'controller'].filter(Boolean).join(','),
    ],
    ['listeners', opened.join(',')],
    ['advertised.listeners', advertised(facts)],
    ['listener.security.protocol.map', [...protocols, 'CONTROLLER:PLAINTEXT'].join(',')],
    ...securitySettings(listeners),
    ...authorizerSettings(cluster),
    ['controller.listener.names', 'CONTROLLER'],
    ['log.dirs', pool.volumes.map(({ id }) => `${dataRoot}/${id}`).join(',')],
    ['metadata.log.dir', `${dataRoot}/${pool.volumes[0]?.id ?? 0}`],
    ['samsa.grpc.listener', `0.0.0.0:${ports.grpc}`],
    ['samsa.grpc.advertised.listener', `${hostOf(cluster, node)}:${ports.grpc}`],
    // Network policies keep others from these ports.
    ['samsa.nodes.without.tls.enable', 'true'],
    ['samsa.http.listener', `0.0.0.0:${ports.http}`],
    ...(zone === null ? [] : [['broker.rack', zone] as [string, string]]),
  ]
}

function quorumSettings({ cluster, controllers }: NodeFacts): [string, string][] {
  const voters = controllers.map(
    (node) => `${node.id}@${hostOf(cluster, node)}:${ports.controller}`,
  )
  return [
    ['controller.quorum.voters', voters.join(',')],
    // Its directory is known to nobody else: a controller that is added asks for its vote itself.
    ['controller.quorum.auto.join.enable', 'true'],
  ]
}

const nameOf = ({ name }: Listener) => name.toUpperCase()

function advertised({ cluster, node, addresses }: NodeFacts): string {
  const clientListeners = hasRole(node.pool, 'broker') ? servedListeners(cluster) : []
  const told = clientListeners.map((listener) => {
    const own = { host: hostOf(cluster, node), port: listener.port }
    const { host, port } = addresses.get(listener.name) ?? own
    return `${nameOf(listener)}://${host}:${port}`
  })
  if (hasRole(node.pool, 'controller')) {
    // Unset it would be the pod's bare name, which no other pod can resolve.
    told.push(`CONTROLLER://${hostOf(cluster, node)}:${ports.controller}`)
  }
  return told.join(',')
}

function lines(settings: readonly (readonly [string, string])[]): string {
  return settings.map(([name, value]) => `${name}=${escaped(value)}\n`).join('')
}

/** As java.util.Properties reads it back. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}
