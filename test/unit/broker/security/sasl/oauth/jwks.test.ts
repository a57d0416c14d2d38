// The keys of an issuer between log-ins: kept, renewed, rotated, and how seldom they are fetched.

import { Jwks } from '@samsa/broker/security/sasl/oauth/jwks'
import { beforeAll, describe, expect, it } from 'vitest'
import { jwksOf, type SigningKey, signingKey } from '../../../../../support/oauth/issuer.ts'

let first: SigningKey
let second: SigningKey

beforeAll(async () => {
  first = await signingKey('first', 'ES256')
  second = await signingKey('second', 'ES256')
})

class Bed {
  nowMs = 0
  fetches = 0
  document: string | null
  readonly jwks: Jwks

  constructor(document: string | null) {
    this.document = document
    this.jwks = new Jwks({
      config: { refreshMs: 3_600_000, retryBackoffMs: 100, retryBackoffMaxMs: 10_000 },
      fetch: async () => {
        this.fetches++
        await Promise.resolve()
        if (this.document === null) throw new Error('out of order')
        return this.document
      },
      monotonicMs: () => this.nowMs,
      onFetched: () => {},
    })
  }

  async has(kid: string): Promise<boolean> {
    try {
      return (await this.jwks.keyFor({ alg: 'ES256', kid })) !== undefined
    } catch {
      return false
    }
  }
}

describe('Jwks', () => {
  it('are fetched once for all who log in meanwhile', async () => {
    const bed = new Bed(await jwksOf([first]))
    expect(await Promise.all([bed.has('first'), bed.has('first')])).toEqual([true, true])
    expect(await bed.has('first')).toBe(true)
    expect(bed.fetches).toBe(1)
  })

  it('are fetched again when they are old, and a key that was taken away is gone', async () => {
    const bed = new Bed(await jwksOf([first]))
    await bed.has('first')
    bed.document = await jwksOf([second])
    bed.nowMs = 3_599_999
    expect(await bed.has('first')).toBe(true)
    bed.nowMs = 3_600_000
    expect([await bed.has('first'), await bed.has('second')]).toEqual([false, true])
  })

  it('are looked for anew where a key is not known, and no more often than allowed', async () => {
    const bed = new Bed(await jwksOf([first]))
    await bed.has('first')
    bed.nowMs = 10_000
    bed.document = await jwksOf([first, second])
    expect(await bed.has('second')).toBe(true)
    expect(bed.fetches).toBe(2)
    for (let index = 0; index < 100; index++) expect(await bed.has(`made-up-${index}`)).toBe(false)
    expect(bed.fetches).toBe(2)
    bed.nowMs = 20_000
    for (let index = 0; index < 100; index++) await bed.has(`made-up-${index}`)
    expect(bed.fetches).toBe(3)
  })

  it('are tried again after longer and longer pauses', async () => {
    const bed = new Bed(null)
    const triedAtMs: number[] = []
    for (; bed.nowMs < 40_000; bed.nowMs += 100) {
      const before = bed.fetches
      expect(await bed.has('first')).toBe(false)
      if (bed.fetches > before) triedAtMs.push(bed.nowMs)
    }
    expect(triedAtMs).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 12_700, 22_700, 32_700])
    bed.document = await jwksOf([first])
    bed.nowMs = 50_000
    expect(await bed.has('first')).toBe(true)
  })

  it('stay for a day where the issuer is out of order, and no longer', async () => {
    const bed = new Bed(await jwksOf([first]))
    await bed.has('first')
    bed.document = null
    bed.nowMs = 23 * 3_600_000
    expect(await bed.has('first')).toBe(true)
    bed.nowMs = 24 * 3_600_000
    expect(await bed.has('first')).toBe(false)
  })

  it.each([
    '',
    'null',
    '{}',
    '{"keys":1}',
    JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) }),
  ])('are not replaced by what is no set of keys: %s', async (text) => {
    const bed = new Bed(await jwksOf([first]))
    await bed.has('first')
    bed.document = text
    bed.nowMs = 3_600_000
    expect(await bed.has('first')).toBe(true)
    expect(bed.fetches).toBe(2)
  })

  it('hold no secret keys, and none for encryption', async () => {
    const [jwk] = JSON.parse(await jwksOf([first])).keys
    const secret = { kty: 'oct', kid: 'secret', alg: 'HS256', k: 'AAAA' }
    const bed = new Bed(JSON.stringify({ keys: [secret, { ...jwk, use: 'enc' }] }))
    expect(await bed.has('first')).toBe(false)
    await expect(bed.jwks.keyFor({ alg: 'HS256', kid: 'secret' })).rejects.toThrow()
  })
})
