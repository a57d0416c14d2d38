// TLS and SASL settings of listeners, and what is refused with what advice.

import { parseJaas } from '@samsa/broker/config/jaas'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { describe, expect, it } from 'vitest'

function load(...lines: string[]) {
  const text = ['node.id=1', 'process.roles=broker,controller', ...lines].join('\n')
  return loadBrokerConfig({ text })
}

const ssl = 'listeners=SSL://127.0.0.1:9093'
const pem = ['ssl.keystore.type=PEM', 'ssl.keystore.location=/keys/all.pem']

describe('TLS settings', () => {
  it('are the listener’s own before those of all', () => {
    const { config, warnings } = load(
      'listeners=SSL://127.0.0.1:1,INSIDE://127.0.0.1:2',
      'listener.security.protocol.map=SSL:SSL,INSIDE:SSL',
      ...pem,
      'listener.name.inside.ssl.keystore.location=/keys/inside.pem',
      'listener.name.inside.ssl.client.auth=required',
      'listener.name.inside.ssl.truststore.type=PEM',
      'listener.name.inside.ssl.truststore.location=/keys/ca.pem',
      'listener.name.inside.ssl.enabled.protocols=TLSv1.3',
    )
    expect(warnings).toEqual([])
    expect(config.listenerSecurity('SSL').tls).toMatchObject({
      key: { format: 'pem', source: { type: 'file', path: '/keys/all.pem' } },
      clientAuth: 'none',
      minVersion: 'TLSv1.2',
    })
    expect(config.listenerSecurity('INSIDE').tls).toMatchObject({
      key: { source: { path: '/keys/inside.pem' } },
      trusted: { type: 'file', path: '/keys/ca.pem' },
      clientAuth: 'required',
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    })
  })

  it('know Java’s names of cipher suites', () => {
    const suites = 'TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
    const { config } = load(ssl, ...pem, `ssl.cipher.suites=${suites}`)
    expect(config.listenerSecurity('SSL').tls?.ciphers).toBe(
      'TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES128-GCM-SHA256',
    )
  })

  it.each([
    [[ssl], 'has no key: set listener.name.ssl.ssl.keystore.location'],
    [[ssl, 'ssl.keystore.location=/k.jks'], 'ssl.keystore.type=JKS cannot be read here'],
    [[ssl, ...pem, 'ssl.client.auth=required'], 'needs ssl.truststore.location'],
    [[ssl, ...pem, 'ssl.enabled.protocols=TLSv1.1'], 'TLSv1.2 and TLSv1.3 are served'],
    [[ssl, ...pem, 'ssl.cipher.suites=TLS_RSA_WITH_NULL_MD5'], 'served are TLS_AES_128'],
    [[ssl, ...pem, 'ssl.keystore.key=x'], 'must be set together'],
    [['listeners=SASL_PLAINTEXT://:1'], 'offers no mechanism that is served'],
    [['listeners=SASL_PLAINTEXT://:1', 'sasl.enabled.mechanisms=PLAIN'], 'PLAIN without TLS'],
    [['listeners=SASL_PLAINTEXT://:1', 'sasl.enabled.mechanisms=GSSAPI,PLAIN'], 'has GSSAPI'],
  ])('are refused: %j', (lines, message) => {
    expect(() => load(...lines)).toThrow(message)
  })
})

describe('OAUTHBEARER settings', () => {
  const url = 'https://issuer/keys'
  const base = [
    'listeners=SASL_SSL://127.0.0.1:1',
    ...pem,
    'sasl.enabled.mechanisms=OAUTHBEARER',
    `samsa.sasl.oauthbearer.allowed.urls=https://other,${url}`,
  ]
  const jwks = `sasl.oauthbearer.jwks.endpoint.url=${url}`

  it('are the mechanism’s own before those of all', () => {
    const { config, warnings } = load(
      ...base,
      jwks,
      'sasl.oauthbearer.expected.audience=a,b',
      'listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.expected.issuer=us',
      'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=x.OAuthBearerLoginModule required ' +
        'ssl.truststore.type="PEM" ssl.truststore.location="/ca.pem";',
    )
    expect(warnings).toEqual([])
    expect(config.listenerSecurity('SASL_SSL').sasl?.oauth).toEqual({
      jwksUrl: url,
      trustedPath: '/ca.pem',
      refreshMs: 3_600_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 10_000,
      expectedIssuer: 'us',
      expectedAudience: ['a', 'b'],
      clockSkewSeconds: 30,
      scopeClaim: 'scope',
      subClaim: 'sub',
    })
  })

  it.each([
    [[], 'set sasl.oauthbearer.jwks.endpoint.url'],
    [['sasl.oauthbearer.jwks.endpoint.url=keys'], 'is not a URL'],
    [['sasl.oauthbearer.jwks.endpoint.url=https://issuer/keys/'], 'is not in samsa.sasl.oauth'],
    [[jwks, 'samsa.sasl.oauthbearer.allowed.urls='], 'is not in samsa.sasl.oauth'],
    [
      [jwks, 'sasl.jaas.config=x.OAuthBearerLoginModule required ssl.truststore.location=/a;'],
      'PEM',
    ],
    [[jwks, 'listener.security.protocol.map=SASL_SSL:SASL_PLAINTEXT'], 'OAUTHBEARER without TLS'],
    ...['http://issuer/keys', 'ftp://issuer/keys', 'https://user:word@issuer/keys'].map(
      (other): [string[], string] => [
        [
          `sasl.oauthbearer.jwks.endpoint.url=${other}`,
          `samsa.sasl.oauthbearer.allowed.urls=${other}`,
        ],
        other.includes('@') ? 'must not hold' : 'would fetch keys unprotected',
      ],
    ),
  ])('are refused: %j', (lines, message) => {
    expect(() => load(...base, ...lines)).toThrow(message)
  })
})

describe('JAAS', () => {
  it('names the users of PLAIN, whatever is in their passwords', () => {
    const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
    const { config } = load(
      'listeners=SASL_PLAINTEXT://127.0.0.1:1',
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512',
      'samsa.sasl.plain.without.tls.enable=true',
      `listener.name.sasl_plaintext.plain.sasl.jaas.config=${module} required ` +
        `user_alice="a;b=\\\\"c" user_bob='d' username=x password=y;`,
      'listener.name.sasl_plaintext.plain.connections.max.reauth.ms=1000',
    )
    const { sasl } = config.listenerSecurity('SASL_PLAINTEXT')
    expect(sasl?.mechanisms).toEqual(['PLAIN', 'SCRAM-SHA-512'])
    expect(sasl?.plainUsers).toEqual(
      new Map([
        ['alice', 'a;b="c'],
        ['bob', 'd'],
      ]),
    )
    expect(sasl?.maxReauthMs.get('PLAIN')).toBe(1000)
    expect(sasl?.maxReauthMs.get('SCRAM-SHA-512')).toBe(0)
  })

  it.each(['a.B', 'a.B required', 'a.B needed;', 'a.B required x;', 'a.B required x="1;'])(
    'is refused without being shown: %s',
    (text) => {
      expect(() => parseJaas(text)).toThrow(/^sasl.jaas.config cannot be read: expected/)
    },
  )
})
