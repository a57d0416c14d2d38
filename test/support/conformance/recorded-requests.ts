// Records the request frames that real clients send: the seeds from which hostile frames are
// forged. Patches net.Socket for the time of a recording; nothing else may use sockets to those
// ports meanwhile.

import { Socket } from 'node:net'

type Write = (this: Socket, ...args: unknown[]) => boolean

/**
 * Runs `work` and returns the frames, size field included, written to `ports` meanwhile, one an
 * API version.
 */
export async function recordRequests(
  ports: readonly number[],
  work: () => Promise<void>,
): Promise<Buffer[]> {
  const written = new Map<Socket, Buffer[]>()
  const original = Reflect.get(Socket.prototype, 'write') as Write
  const patched: Write = function write(this: Socket, ...args: unknown[]): boolean {
    const [chunk] = args
    const isTo = this.remotePort !== undefined && ports.includes(this.remotePort)
    if (isTo && (chunk instanceof Uint8Array || typeof chunk === 'string')) {
      const chunks = written.get(this) ?? []
      chunks.push(Buffer.from(chunk))
      written.set(this, chunks)
    }
    return Reflect.apply(original, this, args)
  }
  Socket.prototype.write = patched
  try {
    await work()
  } finally {
    Socket.prototype.write = original
  }
  const byApiVersion = new Map<number, Buffer>()
  for (const chunks of written.values()) {
    for (const frame of splitFrames(Buffer.concat(chunks))) {
      // Api key and version are the first four bytes after the size.
      const apiVersion = frame.readInt32BE(4)
      const known = byApiVersion.get(apiVersion)
      // The longest of a kind has the most fields to forge.
      if (known === undefined || known.length < frame.length) byApiVersion.set(apiVersion, frame)
    }
  }
  return [...byApiVersion.values()]
}

function splitFrames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  let start = 0
  while (start + 8 <= bytes.length) {
    const end = start + 4 + bytes.readInt32BE(start)
    if (end > bytes.length) break
    frames.push(bytes.subarray(start, end))
    start = end
  }
  return frames
}
