// Opens and closes gRPC servers, with promises and in bounded time.

import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { type Address, textOf } from './controller-addresses.ts'

/** Resolves with the port; rejects as a socket would, when the address cannot be taken. */
export async function listen(server: Server, { host, port }: Address): Promise<number> {
  const target = textOf({ host: host === '' ? '0.0.0.0' : host, port })
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort)
      else reject(error)
    })
  })
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
