// SCRAM against the examples of RFC 5802's successors, and against what must not get in.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { SaslError } from '@samsa/broker/security/sasl/mechanism'
import { ScramExchange, type ScramKeys, scramKeysOf } from '@samsa/broker/security/sasl/scram'
import { describe, expect, it } from 'vitest'

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const iterations = 4096

function keys(password: string, count = iterations): ScramKeys {
  const salted = pbkdf2Sync(password, salt, count, 32, 'sha256')
  return { salt, iterations: count, ...scramKeysOf('SCRAM-SHA-256', salted) }
}

const users = new Map([
  ['user', keys('pencil')],
  ['a=b,c', keys('pencil')],
  ['weak', keys('pencil', 1)],
])

/** The server's part of the nonce is that of RFC 7677, section 3. */
function exchange(nonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0') {
  const secret = Buffer.alloc(32, 7)
  const keysOf = (user: string) => users.get(user)
  const tokenOf = async () => undefined
  const nowMs = () => 0
  const mechanism = 'SCRAM-SHA-256' as const
  return new ScramExchange({ mechanism, keysOf, tokenOf, nowMs, nonce, secret })
}

function say(server: ScramExchange, text: string) {
  const step = server.step(Buffer.from(text))
  if (step instanceof Promise) throw new Error('only tokens are waited for')
  return { reply: step.reply.toString(), user: step.type === 'done' ? step.user : null }
}

/** A client that does as it is told, with a password. */
function finalMessage(bare: string, serverFirst: string, password: string, header = 'n,,') {
  const [, nonce = '', saltText = '', count = '0'] =
    /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(saltText, 'base64'), Number(count), 32, 'sha256')
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const clientKey = hmac(salted, 'Client Key')
  const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`
  const storedKey = createHash('sha256').update(clientKey).digest()
  const signature = hmac(storedKey, `${bare},${serverFirst},${withoutProof}`)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  return `${withoutProof},p=${proof.toString('base64')}`
}

function logIn(name: string, password: string, header = 'n,,') {
  const server = exchange('server')
  const bare = `n=${name},r=client`
  const { reply } = say(server, `${header}${bare}`)
  return say(server, finalMessage(bare, reply, password, header))
}

describe('ScramExchange', () => {
  it('goes through the example of RFC 7677', () => {
    const server = exchange()
    expect(say(server, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')).toEqual({
      reply:
        'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      user: null,
    })
    const final =
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
    expect(say(server, final)).toEqual({
      reply: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
      user: 'user',
    })
  })

  it('lets names with commas and equals signs in, escaped', () => {
    expect(logIn('a=3Db=2Cc', 'pencil').user).toBe('a=b,c')
  })

  it('lets a user act as themselves only', () => {
    expect(logIn('user', 'pencil', 'n,a=user,').user).toBe('user')
    expect(() => logIn('user', 'pencil', 'n,a=admin,')).toThrow('invalid credentials')
  })

  it('refuses a wrong password, an unknown user and too few iterations in the same words', () => {
    const refusals = [
      ['user', 'pen'],
      ['nobody', 'pencil'],
      ['weak', 'pencil'],
    ].map(([name = '', password = '']) => {
      try {
        logIn(name, password)
        return 'let in'
      } catch (error) {
        expect(error).toBeInstanceOf(SaslError)
        return (error as Error).message
      }
    })
    const words =
      'Authentication failed during authentication due to invalid credentials with SASL ' +
      'mechanism SCRAM-SHA-256'
    expect(refusals).toEqual([words, words, words])
  })

  it('gives an unknown user the same salt each time', () => {
    const first = say(exchange(), 'n,,n=nobody,r=x').reply
    expect(say(exchange(), 'n,,n=nobody,r=x').reply).toBe(first)
    expect(say(exchange(), 'n,,n=somebody,r=x').reply).not.toBe(first)
  })

  it('refuses the proof of another exchange (CVE-2024-56128)', () => {
    const bare = 'n=user,r=client'
    const other = say(exchange('first'), `n,,${bare}`).reply
    const server = exchange('second')
    say(server, `n,,${bare}`)
    expect(() => say(server, finalMessage(bare, other, 'pencil'))).toThrow(SaslError)
  })

  it('refuses a channel binding that was not agreed', () => {
    const server = exchange()
    const bare = 'n=user,r=client'
    const { reply } = say(server, `n,,${bare}`)
    expect(() => say(server, finalMessage(bare, reply, 'pencil', 'y,,'))).toThrow(SaslError)
  })

  it.each([
    '',
    'n,,n=user',
    'n,,r=x,n=user',
    'p=tls-unique,,n=user,r=x',
    'n,,m=ext,n=user,r=x',
    'n,,n=a=b,r=x',
    'n,,n=,r=x',
    'n,,n=user,r=',
  ])('refuses %j', (text) => {
    expect(() => say(exchange(), text)).toThrow(SaslError)
  })
})
