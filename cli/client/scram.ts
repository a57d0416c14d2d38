// What a broker is given of a password (RFC 5802): salted here, so that it crosses no network.

import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { ScramCredential, ScramName } from './users.ts'

const saltBytes = 24
const hashes = {
  'SCRAM-SHA-256': { hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { hash: 'sha512', bytes: 64 },
} as const satisfies Record<ScramName, object>

/** With another salt each time. */
export async function saltedCredential(
  mechanism: ScramName,
  password: string,
  iterations: number,
): Promise<ScramCredential> {
  const { hash, bytes } = hashes[mechanism]
  const salt = randomBytes(saltBytes)
  const saltedPassword = await promisify(pbkdf2)(password, salt, iterations, bytes, hash)
  return { mechanism, iterations, salt, saltedPassword }
}
