// Passwords of users: made from a seed of their cluster, so that one that is lost is made again as
// it was, and another one comes only where somebody asks for it.

import { createHmac, randomBytes } from 'node:crypto'

const seedBytes = 32

export function newSeed(): string {
  return randomBytes(seedBytes).toString('base64')
}

/** 192 bits, in letters that need no escaping anywhere. `rotation`: '' for the first one. */
export function passwordOf(seed: string, userUid: string, rotation: string): string {
  const mac = createHmac('sha256', Buffer.from(seed, 'base64'))
  return mac.update(`${userUid}\n${rotation}`).digest('base64url').slice(0, 32)
}
