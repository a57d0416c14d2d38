// What a command may touch of the outside: its three streams and the signal to stop. Tests give it
// streams of their own; only main.ts wires the process's.

import type { Readable, Writable } from 'node:stream'

export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Aborts on the first SIGINT or SIGTERM: finish in order. */
  readonly signal: AbortSignal
  /** Whether a person sees stderr, so that a progress line may overwrite itself. */
  readonly stderrIsTerminal: boolean
}

/**
 * Writes and waits until the stream takes more, so that no output is ever buffered without bound.
 */
export async function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  if (chunk.length === 0 || stream.write(chunk)) return
  if (stream.destroyed) return
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      stream.off('error', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
    stream.on('error', done)
  })
}
