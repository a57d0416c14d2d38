// Broker configs: TLS. What has no effect here belongs to Java.

import { listOf, oneOf } from '../checks.ts'
import { type ConfigDefinition, className, flag, list, password, string } from '../definition.ts'

export const sslConfigs: readonly ConfigDefinition[] = [
  string('ssl.protocol', 'TLSv1.3', 'medium', {
    dynamic: 'per-broker',
    accepted: 'Protocol to make contexts with.',
  }),
  string('ssl.provider', null, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Java security provider.',
  }),
  list('ssl.enabled.protocols', ['TLSv1.2', 'TLSv1.3'], 'medium', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'per-broker',
    effective: 'TLS versions on offer: TLSv1.2 and TLSv1.3.',
  }),
  list('ssl.cipher.suites', [], 'medium', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'per-broker',
    effective: "Cipher suites on offer, by Java's names; Node's choice when empty.",
  }),
  string('ssl.client.auth', 'none', 'medium', {
    check: oneOf('required', 'requested', 'none'),
    dynamic: 'per-broker',
    effective: 'Whether a client must show a certificate.',
  }),
  string('ssl.keystore.location', null, 'medium', {
    dynamic: 'per-broker',
    effective: "File with the broker's key and certificates; read again when it changes.",
  }),
  password('ssl.keystore.password', null, 'medium', {
    dynamic: 'per-broker',
    effective: 'Password of that file, where it is PKCS12.',
  }),
  string('ssl.keystore.type', 'JKS', 'medium', {
    dynamic: 'per-broker',
    effective: 'Format of that file: PEM or PKCS12; JKS cannot be read.',
  }),
  password('ssl.keystore.key', null, 'medium', {
    dynamic: 'per-broker',
    effective: "The broker's key itself, in PEM.",
  }),
  password('ssl.keystore.certificate.chain', null, 'medium', {
    dynamic: 'per-broker',
    effective: "The broker's certificates themselves, in PEM.",
  }),
  password('ssl.key.password', null, 'medium', {
    dynamic: 'per-broker',
    effective: "Password of the broker's key.",
  }),
  string('ssl.truststore.location', null, 'medium', {
    dynamic: 'per-broker',
    effective: 'File with the certificates to trust; read again when it changes.',
  }),
  password('ssl.truststore.password', null, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Password of that file.',
  }),
  string('ssl.truststore.type', 'JKS', 'medium', {
    dynamic: 'per-broker',
    effective: 'Format of that file: PEM.',
  }),
  password('ssl.truststore.certificates', null, 'medium', {
    dynamic: 'per-broker',
    effective: 'The certificates to trust themselves, in PEM.',
  }),
  string('ssl.keymanager.algorithm', 'SunX509', 'medium', {
    dynamic: 'per-broker',
    accepted: 'Algorithm of the key manager.',
  }),
  string('ssl.trustmanager.algorithm', 'PKIX', 'medium', {
    dynamic: 'per-broker',
    accepted: 'Algorithm of the trust manager.',
  }),
  string('ssl.endpoint.identification.algorithm', 'https', 'low', {
    dynamic: 'per-broker',
    accepted: "How the server's name is checked against its certificate.",
  }),
  string('ssl.secure.random.implementation', null, 'low', {
    dynamic: 'per-broker',
    accepted: 'Random number generator.',
  }),
  className('ssl.engine.factory.class', null, 'low', {
    dynamic: 'per-broker',
    accepted: 'Java class that makes TLS engines.',
  }),
  string('ssl.principal.mapping.rules', 'DEFAULT', 'low', {
    effective: "Rules that turn a certificate's name into a user.",
  }),
  flag('ssl.allow.dn.changes', false, 'low', {
    accepted: 'Whether a new key may have another distinguished name.',
  }),
  flag('ssl.allow.san.changes', false, 'low', {
    accepted: 'Whether a new key may have other alternative names.',
  }),
  string('security.providers', null, 'low', {
    accepted: 'Java classes that register security providers.',
  }),
]
