// Delegation tokens on real sockets: made, used by SCRAM, renewed, seen, ended, and removed by the
// controller.

import { pbkdf2Sync } from 'node:crypto'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { KafkaClient } from '../../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../../support/node.ts'
import { logInByScram } from '../../../support/scram-client.ts'

let node: TestNode

beforeAll(async () => {
  node = await startTestNode([
    'listeners=PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
    'sasl.enabled.mechanisms=SCRAM-SHA-256',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS;User:root',
    'delegation.token.secret.key=a secret of all nodes',
    'delegation.token.expiry.check.interval.ms=100',
    'connection.failed.authentication.delay.ms=1',
  ])
  const admin = await node.connect()
  const salt = Buffer.from('salt')
  const upsertions = ['ada', 'bob', 'eve', 'root'].map((name) => ({
    name,
    mechanism: 1,
    iterations: 4096,
    salt,
    saltedPassword: pbkdf2Sync(`${name}-password`, salt, 4096, 32, 'sha256'),
  }))
  const made = await admin.send('alterUserScramCredentials', 0, { deletions: [], upsertions })
  expect(made.results.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, 0])
})

afterAll(() => node?.close())

const open: KafkaClient[] = []
afterAll(() => Promise.all(open.map((client) => client.close())))

async function stranger(): Promise<KafkaClient> {
  const client = await KafkaClient.connect({ port: node.portOf('SASL_PLAINTEXT') })
  open.push(client)
  return client
}

async function as(name: string): Promise<KafkaClient> {
  const client = await stranger()
  expect(await logInByScram(client, { name, password: `${name}-password` })).toMatchObject({
    errorCode: 0,
    sessionLifetimeMs: 0,
  })
  return client
}

const plainRequest = {
  ownerPrincipalType: null,
  ownerPrincipalName: null,
  renewers: [{ principalType: 'User', principalName: 'bob' }],
  maxLifetimeMs: -1,
}

async function tokenOf(client: KafkaClient) {
  const token = await client.send('createDelegationToken', 3, plainRequest)
  expect(token.errorCode).toBe(0)
  return { ...token, hmac: Buffer.from(token.hmac) }
}

async function byToken({ tokenId, hmac }: { tokenId: string; hmac: Buffer }) {
  const client = await stranger()
  const answer = await logInByScram(client, {
    name: tokenId,
    password: hmac.toString('base64'),
    isToken: true,
  })
  return { client, answer }
}

async function seenBy(client: KafkaClient): Promise<string[]> {
  const { tokens } = await client.send('describeDelegationToken', 3, { owners: null })
  return tokens.map(({ tokenId }) => tokenId)
}

describe('a delegation token', () => {
  it('logs in as its owner for as long as it is valid, and makes no other', async () => {
    const token = await tokenOf(await as('ada'))
    expect(token).toMatchObject({
      principalName: 'ada',
      tokenRequesterPrincipalName: 'ada',
      expiryTimestampMs: token.issueTimestampMs + 86_400_000,
      maxTimestampMs: token.issueTimestampMs + 604_800_000,
    })
    const { client, answer } = await byToken(token)
    expect(answer.errorCode).toBe(0)
    expect(answer.sessionLifetimeMs).toBeGreaterThan(86_000_000)
    expect(answer.sessionLifetimeMs).toBeLessThanOrEqual(86_400_000)
    const refused = { errorCode: errorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED }
    expect(await client.send('createDelegationToken', 3, plainRequest)).toMatchObject(refused)
    const renewal = { hmac: token.hmac, renewPeriodMs: -1 }
    expect(await client.send('renewDelegationToken', 2, renewal)).toMatchObject(refused)
  })

  it('is made and described in every version', async () => {
    const ada = await as('ada')
    for (const version of [1, 2]) {
      const { renewers } = plainRequest
      const made = await ada.send('createDelegationToken', version, {
        renewers,
        maxLifetimeMs: 9e9,
      })
      expect(made).toMatchObject({ errorCode: 0, principalName: 'ada' })
      const { tokens } = await ada.send('describeDelegationToken', version, { owners: null })
      const found = tokens.find(({ tokenId }) => tokenId === made.tokenId)
      expect(found).toMatchObject({ principalName: 'ada', renewers })
    }
  })

  it('logs nobody in without its secret, or without being named as one', async () => {
    const { tokenId, hmac } = await tokenOf(await as('ada'))
    const failed = { errorCode: errorCodes.SASL_AUTHENTICATION_FAILED }
    const wrong = await byToken({ tokenId, hmac: Buffer.from('wrong') })
    expect(wrong.answer).toMatchObject(failed)
    const unknown = await byToken({ tokenId: 'x'.repeat(22), hmac })
    expect(unknown.answer).toMatchObject(failed)
    const password = hmac.toString('base64')
    expect(await logInByScram(await stranger(), { name: tokenId, password })).toMatchObject(failed)
    const user = { name: 'ada', password: 'ada-password', isToken: true }
    expect(await logInByScram(await stranger(), user)).toMatchObject(failed)
  })

  it('is not given to who has not said who they are', async () => {
    const refused = { errorCode: errorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED }
    const client = await node.connect()
    expect(await client.send('createDelegationToken', 3, plainRequest)).toMatchObject(refused)
    expect(await client.send('describeDelegationToken', 3, { owners: null })).toMatchObject({
      ...refused,
      tokens: [],
    })
  })

  it('is seen and renewed by its owner and renewers only', async () => {
    const [ada, bob, eve, root] = await Promise.all(['ada', 'bob', 'eve', 'root'].map(as))
    if (!ada || !bob || !eve || !root) throw new Error('not all are logged in')
    const { tokenId, hmac, maxTimestampMs } = await tokenOf(ada)
    for (const client of [ada, bob, root]) expect(await seenBy(client)).toContain(tokenId)
    expect(await seenBy(eve)).toEqual([])
    const renewed = await bob.send('renewDelegationToken', 2, { hmac, renewPeriodMs: 3_600_000 })
    expect(renewed).toMatchObject({ errorCode: 0 })
    expect(renewed.expiryTimestampMs).toBeLessThan(maxTimestampMs)
    for (const client of [eve, root]) {
      expect(await client.send('renewDelegationToken', 2, { hmac, renewPeriodMs: -1 })).toEqual(
        expect.objectContaining({ errorCode: errorCodes.DELEGATION_TOKEN_OWNER_MISMATCH }),
      )
    }
    const unknown = { hmac: Buffer.from('unknown'), renewPeriodMs: -1 }
    expect(await ada.send('renewDelegationToken', 2, unknown)).toMatchObject({
      errorCode: errorCodes.DELEGATION_TOKEN_NOT_FOUND,
      expiryTimestampMs: -1,
    })
  })

  it('is made for others by who may, and for users only', async () => {
    const forBob = { ...plainRequest, ownerPrincipalType: 'User', ownerPrincipalName: 'bob' }
    const eve = await as('eve')
    expect(await eve.send('createDelegationToken', 3, forBob)).toMatchObject({
      errorCode: errorCodes.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    })
    const root = await as('root')
    expect(await root.send('createDelegationToken', 3, forBob)).toMatchObject({
      errorCode: 0,
      principalName: 'bob',
      tokenRequesterPrincipalName: 'root',
    })
    const odd = { ...plainRequest, renewers: [{ principalType: 'Group', principalName: 'x' }] }
    expect(await eve.send('createDelegationToken', 3, odd)).toMatchObject({
      errorCode: errorCodes.INVALID_PRINCIPAL_TYPE,
    })
  })

  it('ends at once, or when its time is over, and is gone then', async () => {
    const ada = await as('ada')
    const now = await tokenOf(ada)
    expect(
      await ada.send('expireDelegationToken', 2, { hmac: now.hmac, expiryTimePeriodMs: -1 }),
    ).toMatchObject({ errorCode: 0, expiryTimestampMs: -1 })
    const later = await tokenOf(ada)
    const soon = { hmac: later.hmac, expiryTimePeriodMs: 50 }
    expect(await ada.send('expireDelegationToken', 2, soon)).toMatchObject({ errorCode: 0 })
    await vi.waitFor(
      async () => {
        const seen = await seenBy(ada)
        expect(seen).not.toContain(now.tokenId)
        expect(seen).not.toContain(later.tokenId)
      },
      { timeout: 10_000 },
    )
    for (const token of [now, later]) {
      expect((await byToken(token)).answer.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED)
    }
  })
})
