// Promises with a limit: a frozen or cut-off node answers nothing, not even that it is gone.

import { setTimeout as delay } from 'node:timers/promises'
import { KafkaClient } from '../kafka-client.ts'

/** Rejects when `work` takes longer. The work itself goes on; its caller closes what it uses. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const abort = new AbortController()
  const late = delay(limitMs, undefined, { signal: abort.signal }).then(
    () => Promise.reject(new Error(`no answer within ${limitMs} ms`)),
    // Aborted: the work is done, and nobody looks at this any more.
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    abort.abort()
  }
}

export async function connectWithin(
  address: { readonly host: string; readonly port: number },
  limitMs: number,
): Promise<KafkaClient> {
  const { host, port } = address
  const connecting = KafkaClient.connect({ host, port, clientId: 'chaos' })
  try {
    return await within(limitMs, connecting)
  } catch (error) {
    // A connection that comes after all must not stay.
    connecting.then(
      (client) => client.close(),
      () => {},
    )
    throw error
  }
}
