// How nodes talk to each other: in TLS as the code uses it, or in the clear. Pure. Controllers are
// reached by the listeners of controller.listener.names, brokers by samsa.grpc.listener, which is
// SAMSA_GRPC in names of keys; what that has not of its own it takes from the controllers'.

import type { BrokerValues } from './layers.ts'
import { readTlsConfig, type TlsConfig } from './listener-tls.ts'
import { ListenerValues } from './listener-values.ts'
import { brokerGrpcName, type Listeners } from './listeners.ts'

export interface NodeSecurity {
  /** Null where it is not encrypted, or no key is configured. */
  readonly controllers: TlsConfig | null
  readonly brokers: TlsConfig | null
  /** The listener whose keys are used: for what is told of them. */
  readonly controllerListener: string
  readonly brokerListener: string
}

/** Throws a ConfigError for what cannot be followed. */
export function readNodeSecurity(values: BrokerValues, listeners: Listeners): NodeSecurity {
  const { controllerName, nodeProtocols } = listeners
  const brokerListener = hasOwnKey(values, brokerGrpcName) ? brokerGrpcName : controllerName
  const tlsOf = (listener: string, protocol: string): TlsConfig | null => {
    if (protocol !== 'SSL') return null
    const tls = readTlsConfig(new ListenerValues(values, listener))
    // Nodes know each other by nothing else.
    return tls && { ...tls, clientAuth: 'required' }
  }
  return {
    controllers: tlsOf(controllerName, nodeProtocols.controllers),
    brokers: tlsOf(brokerListener, nodeProtocols.brokers),
    controllerListener: controllerName,
    brokerListener,
  }
}

function hasOwnKey(values: BrokerValues, listener: string): boolean {
  const own = new ListenerValues(values, listener)
  const keys = ['ssl.keystore.location', 'ssl.keystore.key', 'ssl.truststore.location']
  return keys.some((key) => own.keyOf(key) !== key)
}
