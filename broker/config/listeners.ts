// Listeners as `NAME://host:port` and the security protocol of each. Pure: opens nothing, resolves
// nothing.

import { isIPv4, isIPv6 } from 'node:net'
import type { Endpoint } from '@samsa/controller/image'
import type { BrokerValues } from './layers.ts'
import { ConfigError } from './value.ts'

type SecurityProtocol = Endpoint['securityProtocol']

export interface Listeners {
  /** What the broker opens for clients. Host '' is every address, port 0 any free one. */
  readonly broker: readonly Endpoint[]
  /** Named in controller.listener.names: opened by the controller, for gRPC. */
  readonly controller: readonly Endpoint[]
  /** Where other nodes are told that this node's controller is. */
  readonly advertisedController: readonly Endpoint[]
  /** The first of controller.listener.names: how controllers are reached by other nodes. */
  readonly controllerName: string
  readonly nodeProtocols: {
    readonly controllers: SecurityProtocol
    readonly brokers: SecurityProtocol
  }
  /** What clients are told. Host '' means this machine's name, port 0 the port that was opened. */
  readonly advertised: readonly Endpoint[]
}

/** samsa.grpc.listener, in the protocol map and in listener.name.* keys. */
export const brokerGrpcName = 'SAMSA_GRPC'

const protocols: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

export function readListeners(values: BrokerValues): Listeners {
  const controllerNames = values.list('controller.listener.names').map(normalise)
  const protocolOf = securityProtocols(values, controllerNames)
  const parse = (key: string) =>
    values.list(key).map((text) => parseListener(text, key, protocolOf))
  const all = parse('listeners')
  assertDistinctNames(all)
  assertDistinctPorts(all)
  const isController = ({ listener }: Endpoint) => controllerNames.includes(listener)
  const advertised = values.isSet('advertised.listeners') ? parse('advertised.listeners') : all
  assertDistinctNames(advertised)
  const controller = all.filter(isController)
  const [controllerName = 'CONTROLLER'] = controllerNames
  const controllers = protocolOf.get(controllerName) ?? 'PLAINTEXT'
  const toldController = advertised.filter(isController)
  return {
    broker: all.filter((endpoint) => !isController(endpoint)),
    controller,
    controllerName,
    nodeProtocols: { controllers, brokers: protocolOf.get(brokerGrpcName) ?? controllers },
    advertisedController: toldController.length > 0 ? toldController : controller,
    advertised: advertised.filter((endpoint) => !isController(endpoint)),
  }
}

function normalise(name: string): string {
  return name.toUpperCase()
}

function securityProtocols(
  values: BrokerValues,
  controllerNames: readonly string[],
): ReadonlyMap<string, SecurityProtocol> {
  const key = 'listener.security.protocol.map'
  const map = new Map<string, SecurityProtocol>()
  for (const entry of (values.string(key) ?? '').split(',')) {
    const [name, protocol, ...rest] = entry.trim().split(':')
    if (entry.trim() === '') continue
    if (name === undefined || protocol === undefined || rest.length > 0) {
      throw new ConfigError(`Error parsing configuration property '${key}': ${entry.trim()}`)
    }
    map.set(normalise(name.trim()), securityProtocol(protocol.trim(), key))
  }
  // Kafka maps controller listeners to PLAINTEXT by itself, as long as the map is not given and
  // nothing is secured.
  const names = values.list('listeners').map((text) => normalise(text.split('://')[0] ?? ''))
  if (!values.isSet(key) && ![...controllerNames, ...names].some(isSecured)) {
    for (const name of controllerNames) map.set(name, 'PLAINTEXT')
  }
  return map
}

function isSecured(name: string): boolean {
  return name !== 'PLAINTEXT' && protocols.some((protocol) => protocol === name)
}

export function securityProtocol(name: string, key: string): SecurityProtocol {
  const found = protocols.find((protocol) => protocol === name.toUpperCase())
  if (found === undefined) {
    throw new ConfigError(`Invalid security protocol \`${name}\` defined in ${key}`)
  }
  return found
}

const listenerForm = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

function parseListener(
  text: string,
  key: string,
  protocolOf: ReadonlyMap<string, SecurityProtocol>,
): Endpoint {
  const match = listenerForm.exec(text)
  const port = Number(match?.[3])
  if (match === null || port < 0 || port > 65_535) {
    throw new ConfigError(
      `Error creating broker listeners from '${text}' of ${key}: expected NAME://host:port`,
    )
  }
  const listener = normalise(match[1] ?? '')
  const protocol = protocolOf.get(listener)
  if (protocol === undefined) {
    throw new ConfigError(
      `Error creating broker listeners from '${text}': ` +
        `No security protocol defined for listener ${listener}`,
    )
  }
  return { listener, host: match[2] ?? '', port, securityProtocol: protocol }
}

function assertDistinctNames(endpoints: readonly Endpoint[]): void {
  if (new Set(endpoints.map(({ listener }) => listener)).size < endpoints.length) {
    throw new ConfigError(
      `Each listener must have a different name, listeners: ${shown(endpoints)}`,
    )
  }
}

/**
 * Two listeners may share a port only when one is IPv4 and the other IPv6; port 0 is any free one.
 */
function assertDistinctPorts(endpoints: readonly Endpoint[]): void {
  for (const [index, { port, host }] of endpoints.entries()) {
    const later = endpoints.slice(index + 1).filter((other) => other.port === port && port !== 0)
    const other = later[0]
    if (other === undefined) continue
    const families = [host, other.host]
    const split = later.length === 1 && families.some(isIPv4) && families.some((h) => isIPv6(h))
    if (!split) {
      throw new ConfigError(
        'Each listener must have a different port unless exactly one listener has an IPv4 ' +
          `address and the other IPv6 address, listeners: ${shown(endpoints)}, port: ${port}`,
      )
    }
  }
}

function shown(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ listener, host, port }) => `${listener}://${host}:${port}`).join(',')
}
