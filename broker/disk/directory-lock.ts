// Keeps a second process of this machine off a directory. Node has no flock, so the lock is a
// socket in Linux's abstract namespace, named by the directory's inode: the kernel frees it with
// the process, however that ends. Processes in another network namespace (another pod) are not
// seen; elsewhere than on Linux there is no lock.

import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'

export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError'

  constructor(path: string) {
    super(`${path} is in use by another process`)
  }
}

/** Rejects with a DirectoryLockedError where another holds it. Resolves with what frees it. */
export async function lockDirectory(path: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => undefined
  const { dev, ino } = await stat(path)
  const server = createServer()
  // The lock keeps nothing alive, and nobody has a reason to connect.
  server.unref()
  server.on('connection', (socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new DirectoryLockedError(path) : error)
    })
    server.listen({ path: `\0samsa-directory-${dev}-${ino}` }, resolve)
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
    })
}
