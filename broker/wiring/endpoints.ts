// Where this node tells others that it is reached: the ports that were opened, and this machine's
// name where the configuration names no address.

import { hostname } from 'node:os'
import type { Endpoint } from '@samsa/controller/image'
import { grpcListenerName } from '@samsa/controller/service/broker-sessions'
import type { BrokerConfig } from '../config/broker-config.ts'

export function brokerEndpoints(
  config: BrokerConfig,
  ports: ReadonlyMap<string, number>,
  grpcPort: number | null,
): Endpoint[] {
  const client = config.advertisedListeners.map((endpoint) =>
    reachable(endpoint, ports.get(endpoint.listener) ?? 0),
  )
  const grpc = config.grpcAdvertisedListener ?? config.grpcListener
  if (grpc === null || grpcPort === null) return client
  const endpoint = {
    ...grpc,
    listener: grpcListenerName,
    securityProtocol: config.nodeProtocols.brokers,
  }
  return [...client, reachable(endpoint, grpcPort)]
}

export function controllerEndpoints(config: BrokerConfig, port: number): Endpoint[] {
  const [advertised] = config.advertisedControllerListeners
  const own = {
    listener: 'CONTROLLER',
    host: '127.0.0.1',
    port,
    securityProtocol: 'PLAINTEXT' as const,
  }
  return [reachable(advertised ?? own, port)]
}

function reachable(endpoint: Endpoint, openedPort: number): Endpoint {
  const { host, port } = endpoint
  const anywhere = host === '' || host === '0.0.0.0' || host === '::'
  return { ...endpoint, port: port === 0 ? openedPort : port, host: anywhere ? hostname() : host }
}
