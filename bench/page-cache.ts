// Brings the machine into the same state before each measured run. On virtual machines a write into
// the page cache costs 0.25-0.5 CPU-s per GB where the host already backs the guest's memory, and
// 2-3 where it does not or where write-back is behind: more than any broker. So a large file is
// written, deleted, and everything is synced.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './processes.ts'

const chunk = Buffer.alloc(8 * 1024 * 1024, 'samsa')

export async function warmPageCache(dir: string, bytes: number): Promise<void> {
  if (bytes > 0) {
    const file = join(dir, 'page-cache')
    const fd = openSync(file, 'w')
    for (let left = bytes; left > 0; left -= chunk.length) writeSync(fd, chunk)
    closeSync(fd)
    rmSync(file)
  }
  await run('sync', [])
}
