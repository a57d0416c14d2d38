// Child processes of the bench: tools that run to their end, and servers that stay. Owns every
// child it starts and signals only those, by id.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

const stopTimeoutMs = 60_000
const shownTailChars = 2_000
const live = new Set<ChildProcess>()

process.once('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

function track(child: ChildProcess): ChildProcess {
  live.add(child)
  child.once('exit', () => live.delete(child))
  return child
}

/** Runs a program to its end and returns what it printed; throws when it fails. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const child = track(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')}\nended with ${code}\n${tail(output)}`)
  }
  return output
}

export interface Server {
  pid: number
  /** When the program was started, by performance.now(). */
  startedAtMs: number
  /** Throws, with the end of its log, once the program has ended. */
  assertRuns: () => void
  stop: () => Promise<void>
  /** Ends it at once. */
  kill: () => Promise<void>
}

/** Starts a program that stays, with its output in a file. */
export function startServer(command: string, args: readonly string[], logFile: string): Server {
  const log = openSync(logFile, 'a')
  const startedAtMs = performance.now()
  const child = track(spawn(command, args, { stdio: ['ignore', log, log] }))
  closeSync(log)
  if (child.pid === undefined) throw new Error(`cannot start ${command}`)
  return {
    pid: child.pid,
    startedAtMs,
    assertRuns: () => {
      if (child.exitCode === null && child.signalCode === null) return
      throw new Error(`${command} has ended\n${tail(readFileSync(logFile, 'utf8'))}`)
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
      child.kill('SIGTERM')
      await ended
      clearTimeout(timer)
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function tail(text: string): string {
  return text.slice(-shownTailChars)
}
