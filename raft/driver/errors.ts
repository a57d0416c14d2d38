// Why a request to a voter failed.

import type { VoterId } from '../core/types.ts'

/** It has not happened and never will, here: this voter does not lead, or will not do it now. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'
  /** Who to ask instead, if that is known. */
  readonly leader: VoterId | null

  constructor(message: string, leader: VoterId | null) {
    super(message)
    this.leader = leader
  }
}

/** The leader will not do it as things are; nothing has happened. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly reason: string

  constructor(reason: string) {
    super(`refused: ${reason}`)
    this.reason = reason
  }
}

/**
 * It was under way when this voter lost its leadership, or stopped: it may turn out to have
 * happened.
 */
export class LostLeadershipError extends Error {
  override readonly name = 'LostLeadershipError'
}

/**
 * The disk took nothing, or a part of it that the same write will overwrite: it can be tried again.
 * Not so after a sync: nobody can tell what the disk holds then, whatever the reason.
 */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall = '' } = error as NodeJS.ErrnoException
  return (code === 'ENOSPC' || code === 'EDQUOT') && !syscall.endsWith('sync')
}
