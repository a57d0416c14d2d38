// What is demanded of the way nodes talk to each other: whoever reaches those ports without a
// certificate could be a node, with all data and all rights. Throws a ConfigError that says what to
// set.

import { isIPv4 } from 'node:net'
import type { Endpoint } from '@samsa/controller/image'
import type { BrokerConfig } from './broker-config.ts'
import type { TlsConfig } from './listener-tls.ts'
import { ListenerValues } from './listener-values.ts'
import { brokerGrpcName } from './listeners.ts'
import { ConfigError } from './value.ts'

const plaintextFlag = 'samsa.nodes.without.tls.enable'

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ConfigError(message)
}

export function checkNodeSecurity(config: BrokerConfig): void {
  const { nodeProtocols, nodeSecurity } = config
  const { controllers, brokers, controllerListener, brokerListener } = nodeSecurity
  checkProtocol(controllerListener, nodeProtocols.controllers)
  checkProtocol(brokerGrpcName, nodeProtocols.brokers)
  if (nodeProtocols.controllers === 'SSL') checkTls(config, controllerListener, controllers)
  if (nodeProtocols.brokers === 'SSL') checkTls(config, brokerListener, brokers)
  const [controller] = config.controllerListeners
  if (nodeProtocols.controllers === 'PLAINTEXT' && config.isController && controller) {
    checkPlaintext(config, controllerListener, controllerListener, controller.host)
  }
  const { grpcListener } = config
  if (nodeProtocols.brokers === 'PLAINTEXT' && grpcListener !== null) {
    // What controllers have counts for brokers, too, where these say nothing of their own.
    const listener = nodeProtocols.controllers === 'SSL' ? brokerGrpcName : controllerListener
    checkPlaintext(config, listener, 'samsa.grpc.listener', grpcListener.host)
  }
}

function checkProtocol(listener: string, protocol: Endpoint['securityProtocol']): void {
  demand(
    protocol === 'PLAINTEXT' || protocol === 'SSL',
    `listener.security.protocol.map asks for ${protocol} on ${listener}: nodes show each other ` +
      'certificates and do not log in: use SSL',
  )
}

function checkTls(config: BrokerConfig, listener: string, tls: TlsConfig | null): void {
  const { values } = config
  const prefix = `listener.name.${listener.toLowerCase()}.`
  const own = new ListenerValues(values, listener)
  const clientAuthKey = own.keyOf('ssl.client.auth')
  demand(
    clientAuthKey === 'ssl.client.auth' || own.string('ssl.client.auth') === 'required',
    `${clientAuthKey} must be required, or left out: a node that shows no certificate is none`,
  )
  if (tls === null || tls.trusted === null) {
    throw new ConfigError(
      `${listener} asks for SSL, and nodes need a key and the certificates to trust: set ` +
        `${prefix}ssl.keystore.location and ${prefix}ssl.truststore.location (and .type=PEM ` +
        'for both); samsa certs makes them',
    )
  }
  demand(
    tls.key.format === 'pem',
    `${own.keyOf('ssl.keystore.type')}: keys of nodes are read in PEM only. Export it by ` +
      'openssl pkcs12 -nodes',
  )
  const trusted = JSON.stringify(tls.trusted)
  const shared = config.listeners.find((client) => {
    const { tls: clientTls } = config.listenerSecurity(client.listener)
    const asks = clientTls !== null && clientTls.clientAuth !== 'none'
    return asks && JSON.stringify(clientTls.trusted) === trusted
  })
  demand(
    shared === undefined,
    `${listener} would trust the same certificates as ${shared?.listener}, where clients show ` +
      `theirs: give nodes an authority of their own, in ${prefix}ssl.truststore.location`,
  )
}

/** `listener`: whose protocol and keys are to be set. */
function checkPlaintext(config: BrokerConfig, listener: string, what: string, host: string): void {
  const prefix = `listener.name.${listener.toLowerCase()}.ssl.`
  demand(
    isLoopback(host) || config.nodesWithoutTls,
    `${what} is at ${host === '' ? 'all addresses' : host}, where whoever reaches it could be a ` +
      `node: set listener.security.protocol.map=...,${listener}:SSL with ` +
      `${prefix}keystore.location and ${prefix}truststore.location (samsa certs makes them), ` +
      `or ${plaintextFlag}=true in a network that nobody else is in`,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
