// OAUTHBEARER on real sockets: keys from an issuer over https, log-ins of kafkajs, and sessions
// that end with their tokens (KIP-368).

import { readFileSync } from 'node:fs'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { KafkaClient } from '../../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../../support/node.ts'
import {
  type Issuer,
  jwksOf,
  type SigningKey,
  signed,
  signingKey,
  startIssuer,
} from '../../../support/oauth/issuer.ts'
import { certificatePath } from '../../../support/tls/certificates.ts'

const ca = readFileSync(certificatePath('ca'), 'utf8')
const loginModule = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule'
let first: SigningKey
let issuer: Issuer
let node: TestNode

beforeAll(async () => {
  first = await signingKey('first')
  issuer = await startIssuer('https', await jwksOf([first]))
  node = await startTestNode([
    'listeners=PLAINTEXT://127.0.0.1:0,SECURE://127.0.0.1:0,OPEN://127.0.0.1:0',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,OPEN:SASL_PLAINTEXT',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${certificatePath('server')}`,
    'sasl.enabled.mechanisms=OAUTHBEARER',
    'samsa.sasl.oauthbearer.without.tls.enable=true',
    `samsa.sasl.oauthbearer.allowed.urls=${issuer.url}`,
    `sasl.oauthbearer.jwks.endpoint.url=${issuer.url}`,
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms=20',
    'sasl.oauthbearer.expected.issuer=https://us',
    'sasl.oauthbearer.expected.audience=kafka',
    `sasl.jaas.config=${loginModule} required ssl.truststore.type="PEM" ` +
      `ssl.truststore.location="${certificatePath('ca')}";`,
    'connection.failed.authentication.delay.ms=1',
  ])
})

afterAll(async () => {
  await node?.close()
  await issuer?.close()
})

const ours = { iss: 'https://us', aud: 'kafka' }
const seconds = (ms = Date.now()) => Math.floor(ms / 1000)

function kafka(token: () => Promise<string>) {
  const oauthBearerProvider = async () => ({ value: await token() })
  return new Kafka({
    brokers: [`localhost:${node.portOf('SECURE')}`],
    ssl: { ca: [ca] },
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  })
}

async function logIn(client: KafkaClient, token: string) {
  const handshake = await client.send('saslHandshake', 1, { mechanism: 'OAUTHBEARER' })
  expect(handshake).toMatchObject({ errorCode: 0, mechanisms: ['OAUTHBEARER'] })
  const authBytes = Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`)
  return await client.send('saslAuthenticate', 2, { authBytes })
}

describe('OAUTHBEARER', () => {
  it('lets in who has a token of the issuer, by kafkajs', async () => {
    const admin = kafka(() => signed(first, ours)).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'by-token' }], waitForLeaders: true })
    expect(await admin.listTopics()).toContain('by-token')
    await admin.disconnect()
    expect(issuer.requests).toBe(1)
  })

  it('answers another token with a status, and then with a failure', async () => {
    const client = await KafkaClient.connect({ port: node.portOf('OPEN') })
    const answer = await logIn(client, await signed(first, { ...ours, aud: 'somebody' }))
    expect(answer).toMatchObject({ errorCode: 0 })
    expect(answer.authBytes.toString()).toBe('{"status":"invalid_token"}')
    const failure = await client.send('saslAuthenticate', 2, { authBytes: Buffer.from([1]) })
    expect(failure).toMatchObject({ errorCode: 58, errorMessage: '{"status":"invalid_token"}' })
    await client.close()
  })

  it('takes the tokens of a key that the issuer has just begun to use', async () => {
    const second = await signingKey('second', 'ES256')
    issuer.serve(await jwksOf([first, second]))
    const token = await signed(second, ours)
    await vi.waitFor(
      async () => {
        const client = await KafkaClient.connect({ port: node.portOf('OPEN') })
        const answer = await logIn(client, token)
        await client.close()
        expect(answer.authBytes.toString()).toBe('')
      },
      { timeout: 10_000 },
    )
  })

  it('ends a session with its token, unless the same user logs in again', async () => {
    const renewing = await KafkaClient.connect({ port: node.portOf('OPEN') })
    const idle = await KafkaClient.connect({ port: node.portOf('OPEN') })
    // The times of a token are whole seconds.
    const short = () => signed(first, { ...ours, exp: seconds() + 2 })
    const { sessionLifetimeMs } = await logIn(renewing, await short())
    expect(sessionLifetimeMs).toBeGreaterThan(900)
    expect(sessionLifetimeMs).toBeLessThanOrEqual(2_000)
    await logIn(idle, await short())
    expect(await idle.send('listGroups', 4, { statesFilter: [] })).toMatchObject({ errorCode: 0 })
    await logIn(renewing, await signed(first, { ...ours, exp: seconds() + 60 }))
    await vi.waitFor(
      () => expect(idle.send('listGroups', 4, { statesFilter: [] })).rejects.toThrow(),
      { timeout: 10_000, interval: 200 },
    )
    expect(await renewing.send('listGroups', 4, { statesFilter: [] })).toMatchObject({
      errorCode: 0,
    })
    const other = await logIn(renewing, await signed(first, { ...ours, sub: 'mallory' }))
    expect(other).toMatchObject({
      errorCode: 58,
      errorMessage: 'Cannot change principals during re-authentication',
    })
    await renewing.close()
    await idle.close()
  })
})
