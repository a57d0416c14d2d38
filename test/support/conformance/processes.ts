// Runs other programs for the suites: to their end (`run`) or in the background (`start`).
// Owns every child it starts and ends those still alive when the test process goes.
// Signals only its own children, by id.

import { type ChildProcess, spawn } from 'node:child_process'

export interface RunOptions {
  input?: Buffer | string
  env?: Readonly<Record<string, string>>
  cwd?: string
  timeoutMs?: number
  /** Return a failed run instead of throwing. */
  allowFailure?: boolean
}

export interface Finished {
  code: number | null
  stdout: Buffer
  stderr: string
  /** Both streams as text, for assertions on what a tool says on either. */
  readonly text: string
}

const liveChildren = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of liveChildren) child.kill('SIGKILL')
})

const runTimeoutMsDefault = 180_000
const shownTailChars = 4_000

/** Runs a program to its end and returns what it wrote; throws when it fails or takes too long. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = start(command, args, options)
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A program that ends without reading all its input breaks the pipe; its exit code says why.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)

  const timeoutMs = options.timeoutMs ?? runTimeoutMsDefault
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const { code, error } = await exitOf(child)
  clearTimeout(timer)

  const out = Buffer.concat(stdout)
  const errorText = Buffer.concat(stderr).toString()
  const shown = [command, ...args].join(' ')
  if (error !== undefined) throw new Error(`cannot run ${shown}`, { cause: error })
  if (timedOut) {
    throw new Error(`${shown}\nstill ran after ${timeoutMs} ms\n${tail(out)}\n${tail(errorText)}`)
  }
  if (code !== 0 && options.allowFailure !== true) {
    throw new Error(`${shown}\nended with ${code}\n${tail(out)}\n${tail(errorText)}`)
  }
  return {
    code,
    stdout: out,
    stderr: errorText,
    // Made only when asked for: some outputs are large.
    get text() {
      return `${out.toString()}${errorText}`
    },
  }
}

/** Starts a program with all three streams as pipes and leaves it running. */
export function start(
  command: string,
  args: readonly string[],
  options: Pick<RunOptions, 'env' | 'cwd'> = {},
): ChildProcess {
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  liveChildren.add(child)
  child.once('close', () => liveChildren.delete(child))
  child.once('error', () => liveChildren.delete(child))
  return child
}

/** Resolves when the child has ended and its streams are read; never rejects. */
export function exitOf(child: ChildProcess): Promise<{ code: number | null; error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }))
    child.once('close', (code) => resolve({ code }))
  })
}

export function tail(text: Buffer | string): string {
  return text.toString().slice(-shownTailChars)
}
