// Whether anything listens at an address: a connection that is closed again as soon as it is made.

import { connect } from 'node:net'
import type { Address } from './address-book.ts'

/**
 * `refused` is certain: the machine is up and says that nobody listens there. All else that goes
 * wrong, silence above all, may be the network's doing.
 */
export type ProbeResult = 'listens' | 'refused' | 'unknown'

export function probe({ host, port }: Address, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (result: ProbeResult) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(timeoutMs, () => end('unknown'))
    socket.on('connect', () => end('listens'))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      end(isRefusal(error) ? 'refused' : 'unknown')
    })
  })
}

/** Of a name with several addresses all must refuse. */
function isRefusal(error: NodeJS.ErrnoException): boolean {
  if (error instanceof AggregateError) return error.errors.every(isRefusal)
  return error.code === 'ECONNREFUSED'
}
