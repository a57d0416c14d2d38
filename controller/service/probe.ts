// Asks an address whether anybody is there. Only a refused connection tells of an end: silence may
// be the network's.

import { connect } from 'node:net'

/** Resolves with true where the connection was refused; never rejects. */
export function isRefused(
  address: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const end = (refused: boolean) => {
      socket.destroy()
      resolve(refused)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('connect', () => end(false))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'))
  })
}
