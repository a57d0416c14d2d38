// The same storage and driver on real files and timers.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { defaultRaftOptions } from '@samsa/raft/core/options'
import { type Entry, voterId } from '@samsa/raft/core/types'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import { NodeRaftDirectory } from '@samsa/raft/driver/node-directory'
import { RaftNode } from '@samsa/raft/driver/raft-node'
import { systemClock } from '@samsa/raft/driver/system-clock'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

let path = ''

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'raft-'))
})

afterEach(() => rm(path, { recursive: true, force: true }))

async function startSole() {
  const id = voterId(1, 'a')
  const texts: string[] = []
  let isReady = false
  const ignore = () => undefined
  const node = new RaftNode({
    id,
    options: defaultRaftOptions,
    bootstrap: { voters: [id], outgoing: [], learners: [] },
    storage: new FileStorage(new NodeRaftDirectory(path), { segmentBytesMax: 10_000 }),
    transport: { start: ignore, send: ignore, close: () => Promise.resolve() },
    clock: systemClock,
    random: Math.random,
    checksum: (bytes) => crc32(bytes),
    inboxMessagesMax: 100,
    listener: {
      onApply: (entries: readonly Entry[]) => {
        for (const entry of entries) if (entry.type === 'data') texts.push(entry.data.toString())
      },
      onSnapshot: async (_, chunks) => {
        for await (const chunk of chunks) texts.push(...chunk.toString().split(','))
      },
      onConfiguration: ignore,
      onLeaderChange: ignore,
      onLeaderReady: () => {
        isReady = true
      },
      onDamage: ignore,
      onDiskFull: ignore,
      onFault: ignore,
    },
  })
  await node.start()
  await vi.waitFor(() => expect(isReady).toBe(true), { timeout: 5_000, interval: 5 })
  return { node, texts }
}

describe('a voter on real files', () => {
  it('keeps what it committed across a stop, a snapshot and another stop', async () => {
    const first = await startSole()
    await Promise.all(['a', 'b', 'c'].map((text) => first.node.propose([Buffer.from(text)])))
    await first.node.close()
    const second = await startSole()
    expect(second.texts).toEqual(['a', 'b', 'c'])
    const { lastIndex } = await second.node.propose([Buffer.from('d')])
    await second.node.takeSnapshot(lastIndex, [Buffer.from(second.texts.join(','))])
    await second.node.propose([Buffer.from('e')])
    await second.node.close()
    const third = await startSole()
    expect(third.texts).toEqual(['a', 'b', 'c', 'd', 'e'])
    await third.node.close()
  })

  it('leads without waiting for an election timeout: nobody else could', async () => {
    const beganMs = performance.now()
    const { node } = await startSole()
    expect(performance.now() - beganMs).toBeLessThan(defaultRaftOptions.electionTimeoutMinMs)
    await node.close()
  })
})

describe('a directory', () => {
  it('reads what is there, and no more', async () => {
    const directory = new NodeRaftDirectory(join(path, 'made'))
    expect(await directory.list()).toEqual([])
    const file = await directory.create('x')
    await file.write([Buffer.from('abc'), Buffer.from('def')], 0)
    expect((await file.read(4, 10)).toString()).toBe('ef')
    await file.truncate(2)
    await file.sync()
    await file.close()
    await directory.rename('x', 'y')
    await directory.syncDirectory()
    expect((await directory.read('y')).toString()).toBe('ab')
    await directory.remove('y')
    await directory.remove('y')
    expect(await directory.list()).toEqual([])
  })

  it('replaces a file that is made anew', async () => {
    await writeFile(join(path, 'x'), 'old')
    const file = await new NodeRaftDirectory(path).create('x')
    expect((await file.read(0, 10)).length).toBe(0)
    await file.close()
  })
})
