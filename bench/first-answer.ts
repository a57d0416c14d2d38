// Start time as a client sees it: from the start of the program to its first answered request.

import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 2
const timeoutMs = 60_000

/**
 * ApiVersions version 0: size 10, then key 18, version 0, correlation id 1 and a null client id.
 */
const apiVersionsRequest = Buffer.from('0000000a0012000000000001ffff', 'hex')

/**
 * Resolves once the node on `port` has answered a request. `check` throws when there is no hope
 * left.
 */
export async function firstAnswer(port: number, check: () => void): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (performance.now() < deadlineMs) {
    check()
    if (await answers(port)) return
    await delay(pollMs)
  }
  throw new Error(`nothing answered on port ${port} within ${timeoutMs} ms`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = 0
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => socket.write(apiVersionsRequest))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received >= 8) end(true)
    })
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}
