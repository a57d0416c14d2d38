// Passwords of users: made from a seed of their cluster, so that one that is lost is made again as
// it was, and another one comes only where somebody asks for it.

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const seedBytes = 32

export function newSeed(): string {
  return randomBytes(seedBytes).toString('base64')
}

/** 192 bits, in letters that need no escaping anywhere. `rotation`: '' for the first one. */
export function passwordOf(seed: string, userUid: string, rotation: string): string {
  const mac = createHmac('sha256', Buffer.from(seed, 'base64'))
  return mac.update(`${userUid}\n${rotation}`).digest('base64url').slice(0, 32)
}

/** RFC 7677 asks for 4096 at least; made passwords have 192 bits, so that more would buy nothing. */
const iterations = 4_096
const hashes = {
  'SCRAM-SHA-256': { hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { hash: 'sha512', bytes: 64 },
} as const
export type ScramMechanism = keyof typeof hashes

/** What a broker keeps of a password (RFC 5802), with another salt each time. */
export async function scramCredential(mechanism: ScramMechanism, password: string) {
  const { hash, bytes } = hashes[mechanism]
  const salt = randomBytes(24)
  const saltedPassword = await promisify(pbkdf2)(password, salt, iterations, bytes, hash)
  return { mechanism, iterations, salt, saltedPassword }
}

/** Tells whether what was set somewhere is still what is to be set. */
export function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
