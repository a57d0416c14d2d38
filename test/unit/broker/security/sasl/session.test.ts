// The log-in of one connection: the order of its steps, and how long it holds.

import type { SaslConfig } from '@samsa/broker/config/listener-sasl'
import { PlainExchange } from '@samsa/broker/security/sasl/plain'
import { SaslSession } from '@samsa/broker/security/sasl/session'
import { describe, expect, it } from 'vitest'

const users = new Map([
  ['alice', 'secret'],
  ['bob', 'hidden'],
])

function session(maxReauthMs = 0) {
  const config: SaslConfig = {
    mechanisms: ['PLAIN', 'SCRAM-SHA-256'],
    plainUsers: users,
    oauth: null,
    maxReceiveBytes: 1000,
    maxReauthMs: new Map([['PLAIN', maxReauthMs]]),
  }
  return new SaslSession({
    config: () => config,
    begin: () => new PlainExchange((user) => users.get(user)),
  })
}

const token = (user: string, password: string) => Buffer.from(`\0${user}\0${password}`)

describe('SaslSession', () => {
  it('is open once the exchange is through', async () => {
    const one = session()
    expect(one.isAuthenticated(0)).toBe(false)
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'agreed' })
    expect(one.isAuthenticated(0)).toBe(false)
    expect(await one.step(token('alice', 'secret'), () => 0)).toMatchObject({
      type: 'done',
      user: 'alice',
    })
    expect(one.isAuthenticated(Number.MAX_SAFE_INTEGER)).toBe(true)
    expect(one.takesRawTokens).toBe(false)
  })

  it('takes tokens as frames after the first version of the handshake', async () => {
    const one = session()
    one.handshake('PLAIN', 0)
    expect(one.takesRawTokens).toBe(true)
    await one.step(token('alice', 'secret'), () => 0)
    expect(one.takesRawTokens).toBe(false)
  })

  it.each([
    [token('alice', 'wrong'), 'Invalid username or password'],
    [token('mallory', 'secret'), 'Invalid username or password'],
    [Buffer.from('bob\0alice\0secret'), 'invalid credentials'],
    [Buffer.from('\0alice'), 'expected 3 tokens, got 2'],
    [token('', 'x'), 'username not specified'],
    [token('alice', ''), 'password not specified'],
  ])('stays closed for good after %j', async (bytes, message) => {
    const one = session()
    one.handshake('PLAIN', 1)
    const result = await one.step(bytes, () => 0)
    expect(result).toMatchObject({ type: 'failed', message: expect.stringContaining(message) })
    expect(await one.step(token('alice', 'secret'), () => 0)).toEqual({ type: 'out-of-turn' })
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'out-of-turn' })
    expect(one.isAuthenticated(0)).toBe(false)
  })

  it('does not know other mechanisms', async () => {
    const one = session()
    expect(one.handshake('GSSAPI', 1)).toEqual({ type: 'unsupported' })
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'out-of-turn' })
  })

  it('asks for a new log-in after the configured time, of the same user', async () => {
    const one = session(100)
    one.handshake('PLAIN', 1)
    const done = await one.step(token('alice', 'secret'), () => 1_000)
    expect(done).toMatchObject({ type: 'done', lifetimeMs: 100 })
    expect(one.isAuthenticated(1_099)).toBe(true)
    expect(one.isAuthenticated(1_100)).toBe(false)
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'agreed' })
    expect(await one.step(token('alice', 'secret'), () => 1_200)).toMatchObject({ type: 'done' })
    expect(one.isAuthenticated(1_250)).toBe(true)
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'agreed' })
    expect(await one.step(token('bob', 'hidden'), () => 1_260)).toMatchObject({ type: 'failed' })
    expect(one.isAuthenticated(1_260)).toBe(false)
  })

  it('may not be begun again where it holds for ever', async () => {
    const one = session()
    one.handshake('PLAIN', 1)
    await one.step(token('alice', 'secret'), () => 0)
    expect(one.handshake('PLAIN', 1)).toEqual({ type: 'out-of-turn' })
    expect(one.isAuthenticated(0)).toBe(true)
  })
})
