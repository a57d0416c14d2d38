// Raw TCP connections to the broker under test, for frames that no client would send.

import { connect, type Socket } from 'node:net'

/**
 * What became of a connection: the first bytes of an answer, the broker's close, or neither in
 * time.
 */
export type Outcome = 'answered' | 'closed' | 'waiting'

/**
 * Sends bytes on a connection of their own and drops it with a reset as soon as the outcome is
 * clear.
 */
export function sendRaw(port: number, bytes: Buffer, patienceMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = open(port)
    const timer = setTimeout(() => finish('waiting'), patienceMs)
    function finish(outcome: Outcome): void {
      clearTimeout(timer)
      // A reset leaves no connection behind in TIME_WAIT; a hundred thousand would use up the
      // ports.
      socket.resetAndDestroy()
      resolve(outcome)
    }
    socket.once('data', () => finish('answered'))
    socket.once('close', () => finish('closed'))
    socket.on('error', () => {})
    socket.once('connect', () => socket.write(bytes))
  })
}

/**
 * Sends bytes and returns all that comes back until the broker closes or `size` bytes have come.
 */
export function exchangeRaw(port: number, bytes: Buffer, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = open(port)
    const received: Buffer[] = []
    const timer = setTimeout(() => {
      socket.resetAndDestroy()
      reject(new Error(`neither an answer nor a close within ${exchangeTimeoutMs} ms`))
    }, exchangeTimeoutMs)
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      if (Buffer.concat(received).length >= size) socket.resetAndDestroy()
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(received))
    })
    socket.on('error', () => {})
    socket.once('connect', () => socket.write(bytes))
  })
}

/** Opens a connection, sends bytes and keeps it open until the caller destroys it. */
export function openRaw(port: number, bytes: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open(port)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.write(bytes, () => resolve(socket))
      socket.removeListener('error', reject)
      socket.on('error', () => {})
    })
  })
}

const exchangeTimeoutMs = 15_000

function open(port: number): Socket {
  return connect({ port, host: '127.0.0.1', noDelay: true })
}
