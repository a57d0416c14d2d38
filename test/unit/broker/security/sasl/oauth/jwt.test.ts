// Which tokens are taken, and the classic attacks on those who verify them (RFC 8725, section 2).

import { createHmac } from 'node:crypto'
import type { OauthConfig } from '@samsa/broker/config/listener-oauth'
import { TokenError } from '@samsa/broker/security/sasl/oauth/bearer'
import { Jwks } from '@samsa/broker/security/sasl/oauth/jwks'
import { makeTokenVerifier } from '@samsa/broker/security/sasl/oauth/jwt'
import { exportSPKI, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { jwksOf, type SigningKey, signed, signingKey } from '../../../../../support/oauth/issuer.ts'

const config: OauthConfig = {
  jwksUrl: 'https://issuer/keys',
  trustedPath: null,
  refreshMs: 3_600_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 10_000,
  expectedIssuer: null,
  expectedAudience: [],
  clockSkewSeconds: 30,
  scopeClaim: 'scope',
  subClaim: 'sub',
}
const nowSeconds = Math.floor(Date.now() / 1000)
let rsa: SigningKey
let ec: SigningKey
let stranger: SigningKey
let jwks: string

beforeAll(async () => {
  rsa = await signingKey('rsa')
  ec = await signingKey('ec', 'ES256')
  stranger = await signingKey('rsa')
  jwks = await jwksOf([rsa, ec])
})

function verifying(token: string, settings: Partial<OauthConfig> = {}) {
  const merged = { ...config, ...settings }
  const keys = new Jwks({
    config: merged,
    fetch: async () => jwks,
    monotonicMs: () => 0,
    onFetched: () => {},
  })
  return makeTokenVerifier(merged, keys, () => nowSeconds * 1000)(token)
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { sub: 'alice', iat: nowSeconds, exp: nowSeconds + 3600 }

/** With the bytes of the public key as the secret. */
async function signedByPublicKey(): Promise<string> {
  const secret = await exportSPKI(rsa.pair.publicKey)
  const content = `${encoded({ alg: 'HS256', kid: 'rsa', typ: 'JWT' })}.${encoded(claims)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

describe('a token', () => {
  it('of a key of the issuer names the user and when it ends', async () => {
    const expected = { user: 'alice', expiresAtMs: (nowSeconds + 3600) * 1000 }
    expect(await verifying(await signed(rsa, claims))).toEqual(expected)
    expect(await verifying(await signed(ec, claims))).toEqual(expected)
  })

  it('is held to the issuer and the audience that are expected', async () => {
    const token = await signed(rsa, { ...claims, iss: 'us', aud: ['kafka', 'other'] })
    const expected = { expectedIssuer: 'us', expectedAudience: ['x', 'kafka'] }
    expect(await verifying(token, expected)).toMatchObject({ user: 'alice' })
    const refusals: [Partial<OauthConfig>, string][] = [
      [{ ...expected, expectedIssuer: 'them' }, '"iss"'],
      [{ ...expected, expectedAudience: ['x'] }, '"aud"'],
      [{ expectedIssuer: 'us' }, 'is for an audience'],
    ]
    for (const [settings, reason] of refusals) {
      await expect(verifying(token, settings)).rejects.toThrow(reason)
    }
    const bare = await signed(rsa, claims)
    await expect(verifying(bare, { expectedIssuer: 'us' })).rejects.toThrow('"iss"')
    await expect(verifying(bare, { expectedAudience: ['x'] })).rejects.toThrow('"aud"')
  })

  it('names the user by the claim that is configured', async () => {
    const token = await signed(rsa, { ...claims, sub: 'x', email: 'bob@us', scp: ['a', 'b'] })
    const settings = { subClaim: 'email', scopeClaim: 'scp' }
    expect(await verifying(token, settings)).toMatchObject({ user: 'bob@us' })
  })

  it('may be off by the clock skew', async () => {
    const late = await signed(rsa, { ...claims, exp: nowSeconds - 20 })
    expect(await verifying(late)).toMatchObject({ expiresAtMs: (nowSeconds - 20) * 1000 })
    await expect(verifying(late, { clockSkewSeconds: 10 })).rejects.toThrow('"exp"')
  })

  it.each<[string, Record<string, unknown>]>([
    ['"exp"', { exp: nowSeconds - 31 }],
    ['"nbf"', { nbf: nowSeconds + 60 }],
    ['"exp"', { exp: undefined }],
    ['"iat"', { iat: undefined }],
    ['beyond all times', { exp: Number.MAX_SAFE_INTEGER }],
    ['not the name of a user', { sub: ' ' }],
    ['not the name of a user', { sub: 'x'.repeat(2000) }],
    ['not the name of a user', { sub: 7 }],
    ['neither a text nor a list', { scope: { admin: true } }],
  ])('is refused for %s: %j', async (reason, change) => {
    const token = await signed(rsa, { ...claims, ...change })
    await expect(verifying(token)).rejects.toThrow(reason)
    await expect(verifying(token)).rejects.toBeInstanceOf(TokenError)
  })
})

describe('a forged token is refused', () => {
  const forgeries: [string, () => Promise<string>][] = [
    ['without a signature', async () => new UnsecuredJWT(claims).encode()],
    [
      'without a signature, in other letters',
      async () => `${encoded({ alg: 'nOnE', kid: 'rsa' })}.${encoded(claims)}.`,
    ],
    ['with the public key as a secret', signedByPublicKey],
    [
      'with its signature cut off',
      async () => `${(await signed(rsa)).split('.').slice(0, 2).join('.')}.`,
    ],
    ['signed by a stranger under a known name', () => signed(stranger)],
    [
      'that brings its own key',
      async () => signed(stranger, {}, { jwk: JSON.parse(await jwksOf([stranger])).keys[0] }),
    ],
    [
      'that names where its key is',
      () => signed(stranger, {}, { kid: 'mine', jku: 'https://evil/keys', x5u: 'https://evil/x' }),
    ],
    ['that names a file as its key', () => signed(stranger, {}, { kid: '../../../dev/null' })],
    ['with too long a name of a key', () => signed(rsa, {}, { kid: 'k'.repeat(101) })],
    [
      'with changed claims',
      async () => {
        const [header, , signature] = (await signed(rsa)).split('.')
        return `${header}.${encoded({ ...claims, sub: 'admin' })}.${signature}`
      },
    ],
    [
      'with an empty elliptic signature (CVE-2022-21449)',
      async () => {
        const [header, payload] = (await signed(ec)).split('.')
        return `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`
      },
    ],
    [
      'of another algorithm than its key is for',
      async () => {
        const [, payload, signature] = (await signed(rsa)).split('.')
        return `${encoded({ alg: 'ES256', kid: 'rsa' })}.${payload}.${signature}`
      },
    ],
    ['that is no token', async () => 'a.b.c'],
    ['that is encrypted', async () => 'a.b.c.d.e'],
  ]

  it.each(forgeries)('%s', async (_, forge) => {
    await expect(verifying(await forge())).rejects.toBeInstanceOf(TokenError)
  })

  it('and one that demands what is not known', async () => {
    const header = encoded({ alg: 'RS256', kid: 'rsa', crit: ['x'], x: 1 })
    const [, payload, signature] = (await signed(rsa)).split('.')
    await expect(verifying(`${header}.${payload}.${signature}`)).rejects.toThrow('"x"')
  })
})
