// What a listener's tls and authentication are in server.properties. Pure. Certificates are files
// that the kubelet keeps up to date, and that nodes read again as they change: nobody is restarted.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { Listener } from './names.ts'

/** Where a pod has its certificate and those that it trusts. */
export const certificatesDir = '/etc/samsa-certificates'
/** The node's key and certificate in one file, as Kafka's PEM stores are. */
export const nodePem = 'node.pem'
export const clientsAuthority = 'clients-ca.crt'

const mechanisms = { 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const

/** In Kafka's name for the pair of both. */
export function protocolOf({ tls, authentication }: Listener): string {
  const isSasl = authentication?.type.startsWith('scram') ?? false
  if (isSasl) return tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'
  return tls ? 'SSL' : 'PLAINTEXT'
}

export function securitySettings(listeners: readonly Listener[]): [string, string][] {
  return listeners.flatMap((listener) => {
    const set = (key: string, value: string): [string, string] => [
      `listener.name.${listener.name}.${key}`,
      value,
    ]
    const type = listener.authentication?.type ?? 'none'
    const settings: [string, string][] = []
    if (listener.tls) {
      settings.push(set('ssl.keystore.type', 'PEM'))
      settings.push(set('ssl.keystore.location', `${certificatesDir}/${nodePem}`))
    }
    if (type === 'tls') {
      settings.push(set('ssl.client.auth', 'required'))
      settings.push(set('ssl.truststore.type', 'PEM'))
      settings.push(set('ssl.truststore.location', `${certificatesDir}/${clientsAuthority}`))
    }
    if (type === 'scram-sha-256' || type === 'scram-sha-512') {
      settings.push(set('sasl.enabled.mechanisms', mechanisms[type]))
    }
    return settings
  })
}

/** Who shows no credentials, and so the operator itself, by the listener that asks for none. */
const anonymous = 'User:ANONYMOUS'

export function authorizerSettings({ spec }: KafkaCluster): [string, string][] {
  if (spec.authorization === undefined) return []
  const superUsers = [anonymous, ...(spec.authorization.superUsers ?? [])]
  return [
    ['authorizer.class.name', 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'],
    ['super.users', superUsers.join(';')],
  ]
}
