// An issuer of tokens for tests: makes keys, serves them as a JWKS over https (with the certificate
// of test/support/tls) or http, and signs tokens. Counts how often it was asked.

import { readFileSync } from 'node:fs'
import { createServer as createPlain } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { certificatePath } from '../tls/certificates.ts'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly pair: Pair
}

export async function signingKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  return { kid, alg, pair: await generateKeyPair(alg, { extractable: true }) }
}

export async function jwksOf(keys: readonly SigningKey[]): Promise<string> {
  const jwks = keys.map(async ({ kid, alg, pair }) => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg,
    use: 'sig',
  }))
  return JSON.stringify({ keys: await Promise.all(jwks) })
}

/** Of `claims` over those that every token needs: an hour from now on, for `alice`. */
export function signed(
  { kid, alg, pair }: SigningKey,
  claims: Record<string, unknown> = {},
  header: object = {},
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const all = { sub: 'alice', iat: nowSeconds, exp: nowSeconds + 3600, ...claims }
  return new SignJWT(all).setProtectedHeader({ alg, kid, ...header }).sign(pair.privateKey)
}

export interface Issuer {
  readonly url: string
  readonly requests: number
  /** What it answers from now on; null is a failure. */
  serve(document: string | null): void
  close(): Promise<void>
}

export async function startIssuer(protocol: 'http' | 'https', first: string): Promise<Issuer> {
  let document: string | null = first
  let requests = 0
  const pem = readFileSync(certificatePath('server'))
  const server = protocol === 'https' ? createSecure({ key: pem, cert: pem }) : createPlain()
  server.on('request', (request, response) => {
    requests++
    request.resume()
    if (document === null) response.statusCode = 503
    response.end(document ?? 'out of order')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${protocol}://localhost:${port}/keys`,
    get requests() {
      return requests
    },
    serve: (next) => {
      document = next
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
