// Reads a secret from where no other user of the machine sees it: a file, standard input, or a
// person who types it unseen. Never an argument: those are in the list of processes.

import type { Readable } from 'node:stream'
import { CommandError } from '../errors.ts'
import { type Io, write } from './io.ts'

/** Longer ones are a mistake, or no password. */
const secretBytesMax = 4096

interface Terminal extends Readable {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): void
}

/** The first line of a text; an empty one is an error. */
export function secretOf(text: string, from: string): string {
  const [line = ''] = text.split(/\r?\n/, 1)
  if (line === '') throw new CommandError(`${from} holds no password in its first line`)
  if (Buffer.byteLength(line) > secretBytesMax) {
    throw new CommandError(`the password of ${from} is longer than ${secretBytesMax} bytes`)
  }
  return line
}

/** From a person, twice, where one is there; the first line of standard input otherwise. */
export async function readSecret(io: Io, prompt: string): Promise<string> {
  const terminal: Terminal = io.stdin
  if (terminal.isTTY !== true || terminal.setRawMode === undefined) {
    return secretOf(await firstLine(io.stdin, io.signal), 'standard input')
  }
  terminal.setRawMode(true)
  try {
    const first = await typed(io, `${prompt}: `)
    const second = await typed(io, `${prompt} again: `)
    if (first !== second) throw new CommandError('the two passwords are not the same')
    return secretOf(first, 'the answer')
  } finally {
    terminal.setRawMode(false)
    terminal.pause()
  }
}

async function typed(io: Io, prompt: string): Promise<string> {
  await write(io.stderr, prompt)
  try {
    return await firstLine(io.stdin, io.signal, { isRaw: true })
  } finally {
    await write(io.stderr, '\n')
  }
}

/** In raw mode the terminal corrects nothing and sends no signals: that is done here. */
function firstLine(stdin: Readable, signal: AbortSignal, { isRaw = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer | string) => {
      for (const letter of String(chunk)) {
        if (letter === '\n' || letter === '\r' || (isRaw && letter === '\u0004')) return end(text)
        if (isRaw && letter === '\u0003') return fail(new CommandError('no password was given'))
        if (isRaw && (letter === '\u007F' || letter === '\b')) text = text.slice(0, -1)
        else text += letter
      }
      if (text.length > secretBytesMax) fail(new CommandError('the first line is too long'))
    }
    const stop = () => {
      stdin.off('data', onData)
      stdin.off('end', onEnd)
      stdin.off('error', fail)
      signal.removeEventListener('abort', onAbort)
      stdin.pause()
    }
    const end = (line: string) => {
      stop()
      resolve(line)
    }
    const fail = (error: Error) => {
      stop()
      reject(error)
    }
    const onEnd = () => end(text)
    const onAbort = () => fail(new CommandError('stopped before a password was given'))
    stdin.on('data', onData)
    stdin.on('end', onEnd)
    stdin.on('error', fail)
    signal.addEventListener('abort', onAbort)
    stdin.resume()
  })
}
