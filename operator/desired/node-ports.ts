// Which node port each Service of a nodeport listener is to have. Pure. What was given out once
// stays, also when the Service is gone: brokers tell it to clients, and another port would make
// their pods anew.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { ExposingService } from './addresses.ts'
import {
  bootstrapServiceName,
  brokerServiceName,
  type ClusterNode,
  hasRole,
  type Listener,
} from './names.ts'
import { servedListeners } from './served-listeners.ts'

export interface PodWithArguments {
  readonly spec?: {
    readonly containers?: readonly { readonly args?: readonly string[] }[]
  }
}

/** By the Service's name. */
export type NodePorts = ReadonlyMap<string, number>

export interface NodePortFacts {
  readonly cluster: KafkaCluster
  readonly nodes: readonly ClusterNode[]
  /** As they are, by name. */
  readonly services: ReadonlyMap<string, ExposingService>
  /** As they are, by node id. */
  readonly pods: ReadonlyMap<number, PodWithArguments>
}

/**
 * What the spec names; else what the Service has; else what it had, as far as the arguments of the
 * pods and the status tell. Services of which nothing is known are left out: any port will do.
 */
export function nodePorts({ cluster, nodes, services, pods }: NodePortFacts): NodePorts {
  const { name } = cluster.metadata
  const known = new Map<string, number>()
  const named = namedPorts(cluster)
  for (const listener of servedListeners(cluster)) {
    if (listener.type !== 'nodeport') continue
    const keep = (service: string, given: number | undefined, recall: () => number | null) => {
      const now = given ?? services.get(service)?.spec?.ports?.[0]?.nodePort
      const port = now ?? recall()
      if (port === null || (now === undefined && named.has(port))) return
      known.set(service, port)
    }
    keep(bootstrapServiceName(name, listener), listener.bootstrap?.nodePort, () =>
      bootstrapPort(cluster, listener),
    )
    for (const { id, pool } of nodes) {
      if (!hasRole(pool, 'broker')) continue
      const given = listener.brokers?.find(({ nodeId }) => nodeId === id)
      keep(brokerServiceName(name, listener, id), given?.nodePort, () => {
        // Then the port that clients are told says nothing of the node port.
        if (given?.advertisedPort !== undefined) return null
        return toldByPod(pods.get(id), listener) ?? toldByStatus(cluster, listener, id)
      })
    }
  }
  return known
}

/** They belong to those that the spec names them for. */
function namedPorts({ spec }: KafkaCluster): ReadonlySet<number> {
  const ports = spec.listeners.flatMap(({ bootstrap, brokers = [] }) => [
    bootstrap?.nodePort,
    ...brokers.map(({ nodePort }) => nodePort),
  ])
  return new Set(ports.filter((port) => port !== undefined))
}

function bootstrapPort({ status }: KafkaCluster, listener: Listener): number | null {
  const told = status?.listeners?.find(({ name }) => name === listener.name)?.bootstrap
  return told === undefined ? null : portIn(told, listener)
}

/** `--override advertised.listeners=OUT://$(HOST_IP):30001,…` */
function toldByPod(pod: PodWithArguments | undefined, listener: Listener): number | null {
  const setting = 'advertised.listeners='
  const scheme = `${listener.name.toUpperCase()}://`
  const args = pod?.spec?.containers?.flatMap((container) => container.args ?? []) ?? []
  const told = args.find((arg) => arg.startsWith(setting))?.slice(setting.length)
  const address = told?.split(',').find((one) => one.startsWith(scheme))
  return address === undefined ? null : portIn(address, listener)
}

/** Addresses of the status name no broker: only as many as there are brokers can be told apart. */
function toldByStatus({ status }: KafkaCluster, listener: Listener, id: number): number | null {
  const told = status?.listeners?.find(({ name }) => name === listener.name)?.addresses ?? []
  const brokers = status?.nodes?.filter(({ roles }) => roles.includes('broker')) ?? []
  const address = told[brokers.findIndex((broker) => broker.id === id)]
  if (address === undefined || told.length !== brokers.length) return null
  return portIn(address, listener)
}

/** Null also for the listener's own port: it was of another type then. */
function portIn(address: string, listener: Listener): number | null {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  return Number.isInteger(port) && port > 0 && port !== listener.port ? port : null
}
