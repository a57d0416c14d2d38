// OAUTHBEARER with clients by others: the Java client (whose tokens come from a file), librdkafka
// and kafkajs, against a node that takes the keys from an issuer of ours.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { python } from '../../support/conformance/confluent-client.ts'
import { java } from '../../support/conformance/java.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import {
  type Issuer,
  jwksOf,
  type SigningKey,
  signed,
  signingKey,
  startIssuer,
} from '../../support/oauth/issuer.ts'
import { certificatePath } from '../../support/tls/certificates.ts'

const oauth = 'org.apache.kafka.common.security.oauthbearer'
const claims = { iss: 'https://us', aud: 'kafka', scope: 'all' }

conformanceSuite('OAUTHBEARER with clients by others', ['java', 'python'], () => {
  const dir = mkdtempSync(join(tmpdir(), 'samsa-oauth-'))
  const tokenFile = join(dir, 'token')
  let key: SigningKey
  let issuer: Issuer
  let node: TestNode

  beforeAll(async () => {
    key = await signingKey('key')
    issuer = await startIssuer('https', await jwksOf([key]))
    node = await startTestNode([
      'listeners=PLAINTEXT://127.0.0.1:0,SASL_SSL://127.0.0.1:0',
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${certificatePath('server')}`,
      'sasl.enabled.mechanisms=OAUTHBEARER',
      `samsa.sasl.oauthbearer.allowed.urls=${issuer.url}`,
      `sasl.oauthbearer.jwks.endpoint.url=${issuer.url}`,
      'sasl.oauthbearer.expected.issuer=https://us',
      'sasl.oauthbearer.expected.audience=kafka',
      `sasl.jaas.config=${oauth}.OAuthBearerLoginModule required ssl.truststore.type="PEM" ` +
        `ssl.truststore.location="${certificatePath('ca')}";`,
    ])
  })
  afterAll(async () => {
    await node?.close()
    await issuer?.close()
    rmSync(dir, { recursive: true })
  })

  const bootstrap = () => `localhost:${node.portOf('SASL_SSL')}`
  const nowSeconds = () => Math.floor(Date.now() / 1000)

  async function giveToken(lifetimeSeconds: number, change: object = {}): Promise<void> {
    const times = { iat: nowSeconds(), exp: nowSeconds() + lifetimeSeconds }
    writeFileSync(tokenFile, await signed(key, { ...claims, ...times, ...change }))
  }

  function javaClient(): { config: string; env: Record<string, string> } {
    const config = join(dir, 'client.properties')
    const url = pathToFileURL(tokenFile).href
    writeFileSync(
      config,
      [
        'security.protocol=SASL_SSL',
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${certificatePath('ca')}`,
        'sasl.mechanism=OAUTHBEARER',
        `sasl.jaas.config=${oauth}.OAuthBearerLoginModule required;`,
        `sasl.login.callback.handler.class=${oauth}.OAuthBearerLoginCallbackHandler`,
        `sasl.oauthbearer.token.endpoint.url=${url}`,
        'sasl.login.refresh.min.period.seconds=1',
        'sasl.login.refresh.buffer.seconds=0',
      ].join('\n'),
    )
    const allowed = ['urls', 'files'].map(
      (what) =>
        `-Dorg.apache.kafka.sasl.oauthbearer.allowed.${what}=${what === 'urls' ? url : tokenFile}`,
    )
    return { config, env: { JAVA_TOOL_OPTIONS: allowed.join(' ') } }
  }

  it('lets kafkajs in', async () => {
    const kafka = new Kafka({
      brokers: [bootstrap()],
      ssl: { ca: [readFileSync(certificatePath('ca'), 'utf8')] },
      sasl: {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: await signed(key, claims) }),
      },
      logLevel: logLevel.NOTHING,
    })
    const admin = kafka.admin()
    await admin.connect()
    const topics = ['confluent', 'java'].map((topic) => ({ topic, numPartitions: 1 }))
    await admin.createTopics({ topics, waitForLeaders: true })
    expect(await admin.listTopics()).toEqual(expect.arrayContaining(['confluent', 'java']))
    await admin.disconnect()
  })

  it('lets confluent-kafka in with a token of the issuer, and with no other', async () => {
    const args = [bootstrap(), certificatePath('ca'), tokenFile, '300', 'confluent']
    await giveToken(300)
    const { stdout } = await python('bearer.py', args)
    expect(stdout.toString()).toContain('by confluent')
    await giveToken(300, { aud: 'others' })
    const refused = await python('bearer.py', args, { allowFailure: true })
    expect(refused.code).not.toBe(0)
    expect(refused.text).toMatch(/invalid_token|[Aa]uthentication/)
  })

  it('keeps the connections of a Java client that logs in again in time', async () => {
    const { config, env } = javaClient()
    await giveToken(6)
    const renewing = setInterval(() => void giveToken(6), 1_000)
    // The node is in this process: its sockets can be counted.
    const livedMs: number[] = []
    const onSocket = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket }
      if (socket.localPort !== node.portOf('SASL_SSL')) return
      const acceptedAtMs = Date.now()
      socket.once('close', () => livedMs.push(Date.now() - acceptedAtMs))
    }
    subscribe('net.server.socket', onSocket)
    try {
      // 18 s, which is three tokens.
      const rate = '--num-records 900 --throughput 50 --record-size 100'
      const where = ['--bootstrap-server', bootstrap(), '--command-config', config]
      const performance = ['--topic', 'java', ...rate.split(' '), ...where]
      const { stdout } = await java('org.apache.kafka.tools.ProducerPerformance', performance, {
        env,
      })
      expect(stdout.toString()).toMatch(/^900 records sent/m)
    } finally {
      clearInterval(renewing)
      unsubscribe('net.server.socket', onSocket)
    }
    // The one to the leader outlived two tokens.
    await waitFor(() => Math.max(0, ...livedMs) > 12_000, {
      what: 'a connection longer than two tokens to be closed',
      timeoutMs: 10_000,
    })
  })

  it('refuses a Java client whose token has ended', async () => {
    const { config, env } = javaClient()
    await giveToken(300, { iat: nowSeconds() - 600, exp: nowSeconds() - 300 })
    const refused = await java(
      'org.apache.kafka.tools.TopicCommand',
      ['--list', '--bootstrap-server', bootstrap(), '--command-config', config],
      { env, allowFailure: true },
    )
    expect(refused.code).not.toBe(0)
    expect(refused.text).toMatch(/SaslAuthenticationException|invalid_token|expired/i)
  })
})
