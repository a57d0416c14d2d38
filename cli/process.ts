// Wires the real process to the commands: its streams, its signals, its exit code. The only file of
// the CLI that reads `process`.

import { runCli } from './cli.ts'

/** Exit codes of a shell for a process that a second signal ended. */
const exitCodeOfSignal = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * On Ctrl-C the terminal signals npm and this process, and npm passes the signal on: one request.
 */
const echoMs = 500

export async function runProcess(): Promise<void> {
  const stop = new AbortController()
  let stoppedMs = 0
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) {
        stoppedMs = performance.now()
        stop.abort()
      } else if (performance.now() - stoppedMs > echoMs) {
        // The first asked for an ordered stop; whoever sends another wants no more waiting.
        process.exit(exitCodeOfSignal[signal])
      }
    })
  }
  // Started as a node of `samsa dev`, which is gone: nobody is left to stop this process.
  process.once('disconnect', () => stop.abort())
  // A reader that has seen enough (`samsa consume ... | head`) closes the pipe: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  const exitCode = await runCli(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    stderrIsTerminal: process.stderr.isTTY,
  })
  process.exitCode = exitCode
  // What is left open after a command (an unread stdin, say) must not keep the process alive.
  await drained(process.stdout)
  process.exit(exitCode)
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}
