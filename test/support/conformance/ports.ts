// Finds loopback ports that nothing listens on.

import { createServer } from 'node:net'

// Below the kernel's ephemeral range (32768 and up), with the HTTP port that is 20,000 further on,
// so that no client socket takes them in between.
const firstPort = 11_000
const lastPort = 11_999
const attemptsMax = 200

/** A port p for which p and every p + offset can be bound just now. */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1))
    const all = [port, ...offsets.map((offset) => port + offset)]
    const free = await Promise.all(all.map(canListen))
    if (free.every(Boolean)) return port
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort}`)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}
