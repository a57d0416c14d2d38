// OAUTHBEARER's one message, and how a token that is not taken is answered.

import {
  BearerExchange,
  TokenError,
  type TokenVerifier,
} from '@samsa/broker/security/sasl/oauth/bearer'
import { describe, expect, it } from 'vitest'

const nowMs = 1_000_000
const verify: TokenVerifier = async (token) => {
  if (token !== 'good.to.ken') throw new TokenError('not a good one')
  return { user: 'al,ice', expiresAtMs: nowMs + 5_000 }
}

const exchange = (at = nowMs) => new BearerExchange(verify, () => at)
const say = (text: string, one = exchange()) => one.step(Buffer.from(text))

describe('BearerExchange', () => {
  it.each([
    'n,,\x01auth=Bearer good.to.ken\x01\x01',
    'n,,\x01auth=bearer   good.to.ken \x01traceId=1 2\x01\x01',
    'n,a=al=2Cice,\x01host=x\x01auth=Bearer good.to.ken\x01\x01',
  ])('lets in for as long as the token holds: %j', async (message) => {
    expect(await say(message)).toMatchObject({ type: 'done', user: 'al,ice', lifetimeMs: 5_000 })
  })

  it('has no time left where the token holds by the clock skew only', async () => {
    const message = 'n,,\x01auth=Bearer good.to.ken\x01\x01'
    expect(await say(message, exchange(nowMs + 9_000))).toMatchObject({ lifetimeMs: 0 })
  })

  it('tells a status first, and fails with the next message', async () => {
    const one = exchange()
    const step = await say('n,,\x01auth=Bearer bad.to.ken\x01\x01', one)
    expect(step).toMatchObject({ type: 'refused', reason: 'not a good one' })
    expect(step.reply.toString()).toBe('{"status":"invalid_token"}')
    await expect(say('\x01', one)).rejects.toThrow('{"status":"invalid_token"}')
    await expect(say('n,,\x01auth=Bearer good.to.ken\x01\x01', one)).rejects.toThrow('Invalid')
  })

  it('lets nobody speak for somebody else', async () => {
    await expect(say('n,a=bob,\x01auth=Bearer good.to.ken\x01\x01')).rejects.toThrow('different')
  })

  it.each([
    '',
    '\x01',
    'good.to.ken',
    'n,,auth=Bearer good.to.ken',
    'n,,\x01auth=Bearer good.to.ken\x01',
    'y,,\x01auth=Bearer good.to.ken\x01\x01',
    'n,,\x01auth=Basic good.to.ken\x01\x01',
    'n,,\x01auth=Bearer good.to.ken\x01auth=Bearer good.to.ken\x01\x01',
    'n,,\x01auth=Bearer a b\x01\x01',
    'n,,\x01other=1\x01\x01',
    `n,,\x01auth=Bearer ${'x'.repeat(70_000)}\x01\x01`,
  ])('refuses what is no such message: %j', async (message) => {
    await expect(say(message)).rejects.toThrow('Invalid OAUTHBEARER message')
  })
})
