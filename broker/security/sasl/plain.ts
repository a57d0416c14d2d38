// SASL PLAIN (RFC 4616): user and password in one token, checked in a time that does not depend on
// which of them is wrong. Pure.

import { createHash, timingSafeEqual } from 'node:crypto'
import { invalidCredentials, SaslError, type SaslExchange, type SaslStep } from './mechanism.ts'

export class PlainExchange implements SaslExchange {
  readonly #passwordOf: (user: string) => string | undefined

  constructor(passwordOf: (user: string) => string | undefined) {
    this.#passwordOf = passwordOf
  }

  step(token: Buffer): SaslStep {
    const parts = token.toString('utf8').split('\0')
    const [authorizationId, user, password] = parts
    if (parts.length !== 3) {
      throw new SaslError(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`)
    }
    if (user === undefined || user === '') {
      throw new SaslError('Authentication failed: username not specified')
    }
    if (password === undefined || password === '') {
      throw new SaslError('Authentication failed: password not specified')
    }
    const expected = this.#passwordOf(user)
    const matches = timingSafeEqual(digest(password), digest(expected ?? ''))
    if (expected === undefined || !matches) {
      throw new SaslError('Authentication failed: Invalid username or password')
    }
    // Speaking for somebody else is nobody's right (CVE-2017-12610).
    if (authorizationId !== '' && authorizationId !== user) throw invalidCredentials('PLAIN')
    return { type: 'done', reply: Buffer.alloc(0), user, lifetimeMs: null }
  }
}

/** Of one length, whatever the text's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
