// Logs a test's own client in by SCRAM-SHA-256 (RFC 5802), as a user or by a delegation token.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { KafkaClient } from './kafka-client.ts'

export interface ScramLogIn {
  readonly name: string
  readonly password: string
  readonly isToken?: boolean
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The last answer of the exchange; its errorCode says how it went. */
export async function logInByScram(
  client: KafkaClient,
  { name, password, isToken = false }: ScramLogIn,
) {
  await client.send('saslHandshake', 1, { mechanism: 'SCRAM-SHA-256' })
  const nonce = randomBytes(12).toString('hex')
  const bare = `n=${name},r=${nonce}${isToken ? ',tokenauth=true' : ''}`
  const first = await step(client, `n,,${bare}`)
  if (first.errorCode !== 0) return first
  const serverFirst = first.authBytes.toString()
  const [, both = '', salt = '', count = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(count), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const final = `c=biws,r=${both}`
  const signature = hmac(storedKey, `${bare},${serverFirst},${final}`)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  return step(client, `${final},p=${proof.toString('base64')}`)
}

async function step(client: KafkaClient, text: string) {
  const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = await client.send(
    'saslAuthenticate',
    2,
    { authBytes: Buffer.from(text) },
  )
  return { errorCode, errorMessage, authBytes: Buffer.from(authBytes), sessionLifetimeMs }
}
