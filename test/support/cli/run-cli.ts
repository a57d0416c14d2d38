// Runs `samsa` in this process with streams of its own, and gives back what it wrote and its exit
// code.

import { PassThrough, Readable } from 'node:stream'
import { runCli } from '@samsa/cli/cli'

const outputBytesMax = 1024 * 1024 * 1024

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

export interface CliOptions {
  readonly input?: Buffer | string
  readonly signal?: AbortSignal
}

export async function runSamsa(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const stdout = new PassThrough({ highWaterMark: outputBytesMax })
  const stderr = new PassThrough({ highWaterMark: outputBytesMax })
  const code = await runCli(args, {
    stdin: Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]),
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
    stderrIsTerminal: false,
  })
  const bytes = (stdout.read() as Buffer | null) ?? Buffer.alloc(0)
  const errors = (stderr.read() as Buffer | null) ?? Buffer.alloc(0)
  return { code, stdout: bytes.toString(), stderr: errors.toString(), bytes }
}
