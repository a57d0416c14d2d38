// Runs the small programs of the system that make faults (ip, nft, tc, mount, fsfreeze): at once
// and to their end, since a fault has begun only when they are done.

import { spawnSync } from 'node:child_process'

export function runTool(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return
  const reason = error?.message ?? stderr.trim()
  throw new Error(`${command} ${args.join(' ')}: ${reason}`)
}

/** Whether the command ends well; for asking what this system can do. */
export function toolWorks(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
