// How one listener is secured: TLS and SASL as the code uses them, where its protocol asks for
// them. Pure.

import type { Endpoint } from '@samsa/controller/image'
import type { BrokerValues } from './layers.ts'
import { readSaslConfig, type SaslConfig } from './listener-sasl.ts'
import { readTlsConfig, type TlsConfig } from './listener-tls.ts'
import { ListenerValues } from './listener-values.ts'

export interface ListenerSecurity {
  /** Null where nothing is encrypted, or no key is configured. */
  readonly tls: TlsConfig | null
  /** Null where nobody logs in. */
  readonly sasl: SaslConfig | null
}

/** Throws a ConfigError for what cannot be followed. */
export function readListenerSecurity(
  values: BrokerValues,
  { listener, securityProtocol }: Endpoint,
): ListenerSecurity {
  const ofListener = new ListenerValues(values, listener)
  return {
    tls: isEncrypted(securityProtocol) ? readTlsConfig(ofListener) : null,
    sasl: asksForLogIn(securityProtocol) ? readSaslConfig(ofListener) : null,
  }
}

export function isEncrypted(protocol: Endpoint['securityProtocol']): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL'
}

export function asksForLogIn(protocol: Endpoint['securityProtocol']): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL'
}
