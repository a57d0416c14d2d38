// Opens and closes gRPC servers, with promises and in bounded time.

import { logVerbosity, type Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js'
import { type Address, textOf } from './controller-addresses.ts'

/** Resolves with the port; rejects as a socket would, when the address cannot be taken. */
export async function listen(server: Server, { host, port }: Address): Promise<number> {
  const target = textOf({ host: host === '' ? '0.0.0.0' : host, port })
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort)
      else reject(inUse(error, { host, port }))
    })
  })
}

// Whoever listens is told of an error, and says it once.
setLogVerbosity(logVerbosity.NONE)

/** grpc-js has the system's error in its message only. */
function inUse(error: Error, { host, port }: Address): Error {
  const code = 'EADDRINUSE'
  if (!error.message.includes(code)) return error
  const message = `listen ${code}: address already in use ${host}:${port}`
  return Object.assign(new Error(message, { cause: error }), { code, address: host, port })
}

/** Calls under way get `graceMs` to end by themselves. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
