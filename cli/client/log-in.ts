// The client's side of a SASL log-in, as tokens in and out: PLAIN (RFC 4616) and SCRAM (RFC 5802),
// by users and by delegation tokens. Sends nothing itself; its errors show no secret.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { AuthenticationError } from './errors.ts'
import type { ClientLogIn } from './security.ts'

/** Sends a token to the broker and resolves with its answer. */
export type Say = (token: Buffer) => Promise<Buffer>

const derive = promisify(pbkdf2)
const nonceBytes = 24
/** Fewer give the password away to who listens; more are an attempt to keep the client busy. */
const iterationsMin = 4096
const iterationsMax = 1_000_000

export async function logIn(user: ClientLogIn, say: Say): Promise<void> {
  if (user.mechanism === 'PLAIN') {
    await say(Buffer.from(`\0${user.username}\0${user.password}`))
    return
  }
  await logInByScram(user, user.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', say)
}

async function logInByScram(
  { username, password, isToken }: ClientLogIn,
  hash: 'sha256' | 'sha512',
  say: Say,
): Promise<void> {
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
  const nonce = randomBytes(nonceBytes).toString('base64url')
  const name = username.replace(/=/g, '=3D').replace(/,/g, '=2C')
  const bare = `n=${name},r=${nonce}${isToken ? ',tokenauth=true' : ''}`
  const serverFirst = (await say(Buffer.from(`n,,${bare}`))).toString('utf8')
  const match = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst)
  const [, both = '', salt = '', count = ''] = match ?? []
  const iterations = Number(count)
  const isSound = iterations >= iterationsMin && iterations <= iterationsMax
  if (!both.startsWith(nonce) || both === nonce || !isSound) {
    throw new AuthenticationError('the broker does not log in by SCRAM as it should')
  }
  const length = hash === 'sha256' ? 32 : 64
  const salted = await derive(password, Buffer.from(salt, 'base64'), iterations, length, hash)
  const clientKey = hmac(salted, 'Client Key')
  const withoutProof = `c=biws,r=${both}`
  const message = `${bare},${serverFirst},${withoutProof}`
  const signature = hmac(createHash(hash).update(clientKey).digest(), message)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  const final = await say(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`))
  // That the broker knows the password, too: it is not somebody else.
  const shown = Buffer.from(/^v=([^,]+)/.exec(final.toString('utf8'))?.[1] ?? '', 'base64')
  const expected = hmac(hmac(salted, 'Server Key'), message)
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) {
    throw new AuthenticationError('the broker does not know the password: it may be another')
  }
}
