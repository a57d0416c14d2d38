// Runs a program in namespaces of its own (network, mounts, processes), where it may cut links and
// mount small disks without anything of it being seen outside or left behind: all of it goes with
// the last process. Needs root and util-linux; without them the program runs as it is, and says so.

import { spawn } from 'node:child_process'
import { runTool, toolWorks } from './run-tool.ts'

const insideMark = 'SAMSA_FAULT_SANDBOX'
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/** Whether this process is in a sandbox, so that networks and disks are its own to break. */
export function isInSandbox(): boolean {
  return process.env[insideMark] === '1'
}

/** Whether it is settled if there is a sandbox: inside of one, and where none is possible. */
export function isSandboxSettled(): boolean {
  return process.env[insideMark] !== undefined
}

/**
 * Runs the command in a sandbox, or without where none is possible; resolves with its exit code.
 */
export async function runInSandbox(command: string, args: readonly string[]): Promise<number> {
  const isPossible = process.getuid?.() === 0 && toolWorks('unshare', ...namespaces, 'true')
  if (!isPossible) {
    console.warn('*** not root, or no unshare: faults of networks and disks are left out ***')
  }
  const [program, ...rest] = isPossible
    ? ['unshare', ...namespaces, command, ...args]
    : [command, ...args]
  const env = { ...process.env, [insideMark]: isPossible ? '1' : '0' }
  const child = spawn(program, rest, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** To be called once inside: a loopback interface, and network names that nobody else sees. */
export function settleInSandbox(): void {
  // The first process of a namespace is deaf to signals that it has no handler for.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  runTool('ip', 'link', 'set', 'lo', 'up')
  runTool('mkdir', '-p', '/run/netns')
  runTool('mount', '-t', 'tmpfs', 'tmpfs', '/run/netns')
}
