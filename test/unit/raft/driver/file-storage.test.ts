// A voter's storage in files: what is written is read back; torn tails are cut, damage is told.

import type { Persist } from '@samsa/raft/core/effects'
import type { Entry, VoterId } from '@samsa/raft/core/types'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import { describe, expect, it } from 'vitest'
import { MemoryDirectory } from './memory-directory.ts'

const quorum = { voters: ['1@a' as VoterId], outgoing: [], learners: [] }

function data(index: number, term: number, text = `${index}`): Entry {
  return { type: 'data', index, term, data: Buffer.from(text) }
}

function persist(parts: Partial<Persist>): Persist {
  return { type: 'persist', token: 0, entries: [], commit: 0, ...parts }
}

function ballot(term: number): Partial<Persist> {
  return { hardState: { term, votedFor: '1@a' as VoterId, damagedInTerm: null } }
}

async function open(directory: MemoryDirectory, segmentBytesMax = 1_000_000) {
  const storage = new FileStorage(directory, { segmentBytesMax })
  return { storage, ...(await storage.open()) }
}

/** Entries 1 to 5 in terms 1 and 2, in one segment, closed. */
async function written(): Promise<MemoryDirectory> {
  const directory = new MemoryDirectory()
  const { storage } = await open(directory)
  await storage.persist([persist({ ...ballot(1), entries: [data(1, 1), data(2, 1)] })])
  await storage.persist([persist({ ...ballot(2), entries: [data(3, 2), data(4, 2)], commit: 2 })])
  await storage.persist([persist({ entries: [data(5, 2)], commit: 4 })])
  await storage.close()
  return directory
}

const nothing = { upTo: () => 0 }

describe('file storage', () => {
  it('begins empty', async () => {
    const { state, damage } = await open(new MemoryDirectory())
    expect(damage).toBeNull()
    expect(state).toEqual({
      hardState: null,
      snapshot: null,
      base: { index: 0, term: 0 },
      entries: [],
      commit: 0,
      damaged: false,
    })
  })

  it('finds again what was written, whatever the power takes', async () => {
    const directory = await written()
    directory.crash(nothing)
    const { state, damage } = await open(directory)
    expect(damage).toBeNull()
    expect(state.hardState).toEqual(ballot(2).hardState)
    expect(state.entries).toEqual([data(1, 1), data(2, 1), data(3, 2), data(4, 2), data(5, 2)])
    expect(state.commit).toBe(4)
  })

  it('keeps all kinds of entries', async () => {
    const directory = new MemoryDirectory()
    const { storage } = await open(directory)
    const entries: Entry[] = [
      { type: 'noop', index: 1, term: 3 },
      { type: 'configuration', index: 2, term: 3, configuration: quorum },
      data(3, 3, ''),
    ]
    await storage.persist([persist({ ...ballot(3), entries })])
    expect((await open(directory)).state.entries).toEqual(entries)
  })

  it('takes entries at an index that is there for the new ones', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    await storage.persist([
      persist({ ...ballot(3), truncateFrom: 3, entries: [data(3, 3, 'new')], commit: 2 }),
    ])
    const { state } = await open(directory)
    expect(state.entries).toEqual([data(1, 1), data(2, 1), data(3, 3, 'new')])
  })

  it('writes several persists with one sync', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    const before = directory.operations
    await storage.persist([1, 2, 3].map((each) => persist({ entries: [data(5 + each, 2)] })))
    expect(directory.operations - before).toBe(2)
  })

  it('goes on in new segments, and forgets the oldest by whole ones', async () => {
    const directory = new MemoryDirectory()
    const { storage } = await open(directory, 200)
    await storage.persist([persist({ ...ballot(1) })])
    for (let index = 1; index <= 20; index++) {
      await storage.persist([persist({ entries: [data(index, 1)], commit: index - 1 })])
    }
    const segments = () => directory.names.filter((name) => name.endsWith('.log')).length
    expect(segments()).toBeGreaterThan(4)
    await storage.writeSnapshot({ index: 15, term: 1, configuration: quorum }, [Buffer.from('s')])
    await storage.compact(12)
    expect(segments()).toBeLessThan(5)
    const { state, damage } = await open(directory)
    expect(damage).toBeNull()
    expect(state.base.index).toBeLessThanOrEqual(12)
    expect(state.base.index).toBeGreaterThan(0)
    expect(state.entries.at(-1)).toEqual(data(20, 1))
    expect(state.snapshot?.index).toBe(15)
  })

  it('rewrites entries of an earlier segment, and forgets the earlier one all the same', async () => {
    const directory = new MemoryDirectory()
    const { storage } = await open(directory, 150)
    await storage.persist([persist({ ...ballot(1) })])
    for (let index = 1; index <= 9; index++)
      await storage.persist([persist({ entries: [data(index, 1)] })])
    await storage.persist([persist({ ...ballot(2), truncateFrom: 3, entries: [data(3, 2)] })])
    await storage.persist([persist({ entries: [data(4, 2)], commit: 4 })])
    const expected = [data(1, 1), data(2, 1), data(3, 2), data(4, 2)]
    expect((await open(directory)).state.entries).toEqual(expected)
    await storage.writeSnapshot({ index: 4, term: 2, configuration: quorum }, [])
    await storage.compact(4)
    const { state, damage } = await open(directory)
    expect(damage).toBeNull()
    expect([...state.entries].slice(-1)).toEqual([data(4, 2)])
  })

  it('writes, keeps, reads and prunes snapshots', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    const point = { index: 4, term: 2, configuration: quorum }
    const snapshot = await storage.writeSnapshot(point, [Buffer.from('abc'), Buffer.from('defg')])
    expect(snapshot).toMatchObject({ ...point, sizeBytes: 7 })
    expect(await storage.readSnapshot(snapshot, 2, 3)).toEqual(Buffer.from('cde'))
    expect((await open(directory)).state.snapshot).toEqual(snapshot)
    const next = await storage.writeSnapshot({ ...point, index: 5 }, [])
    await storage.pruneSnapshots([snapshot])
    expect(await storage.readSnapshot(snapshot, 0, 1)).toEqual(Buffer.from('a'))
    await storage.pruneSnapshots([])
    expect(await storage.readSnapshot(snapshot, 0, 1)).toBeNull()
    expect(await storage.readSnapshot(next, 0, 1)).toEqual(Buffer.alloc(0))
  })

  it('receives a snapshot in chunks and puts it in the place of the log', async () => {
    const from = await open(await written())
    const point = { index: 5, term: 2, configuration: quorum }
    const snapshot = await from.storage.writeSnapshot(point, [Buffer.from('0123456789')])
    const directory = new MemoryDirectory()
    const { storage } = await open(directory)
    await storage.persist([persist({ ...ballot(2), entries: [data(1, 1, 'other')] })])
    const chunk = (position: number, length: number) =>
      storage.receiveSnapshot(
        snapshot,
        position,
        Buffer.from('0123456789').subarray(position, position + length),
        position + length === 10,
      )
    expect(await chunk(0, 4)).toEqual({ receivedBytes: 4, intact: true })
    expect(await chunk(4, 6)).toEqual({ receivedBytes: 10, intact: true })
    await storage.persist([persist({ snapshot, entries: [data(6, 2)], commit: 5 })])
    directory.crash(nothing)
    const { state, damage } = await open(directory)
    expect(damage).toBeNull()
    expect(state).toMatchObject({ snapshot, base: { index: 5, term: 2 }, commit: 5 })
    expect(state.entries).toEqual([data(6, 2)])
  })

  it('does not install a snapshot that came with an error in it', async () => {
    const { storage } = await open(await written())
    const snapshot = { index: 9, term: 2, configuration: quorum, sizeBytes: 3, checksum: 1 }
    const written3 = await storage.receiveSnapshot(snapshot, 0, Buffer.from('abc'), true)
    expect(written3).toEqual({ receivedBytes: 3, intact: false })
    await expect(storage.persist([persist({ snapshot })])).rejects.toThrow('broken invariant')
  })

  it('says that a sync has failed, and not that anything was written', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    directory.failsSync = true
    await expect(storage.persist([persist({ entries: [data(6, 2)] })])).rejects.toThrow('EIO')
  })
})

describe('a damaged file', () => {
  it('in the middle of the log ends it there, and says so at every start until it is noted', async () => {
    const directory = await written()
    directory.flipBit('0000000000000001.log', 200)
    for (let start = 0; start < 2; start++) {
      const { state, damage } = await open(directory)
      expect(damage).toContain('0000000000000001.log: damaged at byte')
      expect(state.damaged).toBe(true)
      expect(state.entries.length).toBeLessThan(5)
    }
    const { storage, state } = await open(directory)
    const noted = { term: 3, votedFor: null, damagedInTerm: 2 }
    await storage.persist([persist({ hardState: noted })])
    const next = await open(directory)
    expect(next.damage).toBeNull()
    expect(next.state.hardState).toEqual(noted)
    expect(next.state.entries).toEqual(state.entries)
    expect(directory.names).toContain('0000000000000001.log.damaged')
  })

  it('is not repaired before the voter has noted it', async () => {
    const directory = await written()
    directory.flipBit('0000000000000001.log', 200)
    const { storage } = await open(directory)
    await expect(storage.persist([persist({ entries: [] })])).rejects.toThrow('notes first')
  })

  it('at the very end is told from a torn write by the mark behind it', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    await storage.persist([persist({ entries: [data(6, 2)] })])
    const end = directory.sizeOf('0000000000000001.log')
    await storage.idle()
    directory.flipBit('0000000000000001.log', end - 1)
    const { state } = await open(directory)
    expect(state.damaged).toBe(true)
    expect(state.entries).toHaveLength(5)
  })

  it('that was cut short after a clean stop is missed', async () => {
    const directory = await written()
    directory.truncate('0000000000000001.log', 150)
    const { damage } = await open(directory)
    expect(damage).toContain('ended at 5 when it was closed')
  })

  it('of the hard state is mended from its copy', async () => {
    for (const name of ['hard-state', 'hard-state.copy']) {
      const directory = await written()
      directory.flipBit(name, 30)
      expect((await open(directory)).state.hardState).toEqual(ballot(2).hardState)
      const other = name === 'hard-state' ? 'hard-state.copy' : 'hard-state'
      directory.flipBit(other, 30)
      expect((await open(directory)).state.hardState).toEqual(ballot(2).hardState)
    }
  })

  it('of the hard state in both copies keeps the voter away', async () => {
    const directory = await written()
    for (const name of ['hard-state', 'hard-state.copy']) directory.flipBit(name, 30)
    await expect(open(directory)).rejects.toThrow('cannot be read')
    for (const name of ['hard-state', 'hard-state.copy']) directory.erase(name)
    await expect(open(directory)).rejects.toThrow('the term and vote of its voter are gone')
  })

  it('that is missing altogether is noticed', async () => {
    const directory = await written()
    directory.erase('0000000000000001.log')
    directory.erase('log-end')
    const { state, damage } = await open(directory)
    expect(damage).toBe('the log is gone')
    expect(state).toMatchObject({ damaged: true, entries: [] })
  })

  it('with the only snapshot of a compacted log leaves nothing', async () => {
    const directory = new MemoryDirectory()
    const { storage } = await open(directory, 100)
    await storage.persist([persist({ ...ballot(1) })])
    for (let index = 1; index <= 9; index++)
      await storage.persist([persist({ entries: [data(index, 1)] })])
    await storage.writeSnapshot({ index: 9, term: 1, configuration: quorum }, [Buffer.alloc(50)])
    await storage.compact(8)
    const name = directory.names.find((each) => each.endsWith('.snapshot')) ?? ''
    directory.flipBit(name, directory.sizeOf(name) - 1)
    const found = await open(directory)
    expect(found.damage).toContain(name)
    expect(found.state).toMatchObject({ damaged: true, snapshot: null, entries: [] })
    const noted = { term: 2, votedFor: null, damagedInTerm: 1 }
    await found.storage.persist([persist({ hardState: noted })])
    const { state } = await open(directory)
    expect(state).toMatchObject({ damaged: false, base: { index: 0, term: 0 }, entries: [] })
  })

  it('of a snapshot that the log does not need does no harm', async () => {
    const directory = await written()
    const { storage } = await open(directory)
    await storage.writeSnapshot({ index: 4, term: 2, configuration: quorum }, [Buffer.alloc(50)])
    const name = directory.names.find((each) => each.endsWith('.snapshot')) ?? ''
    directory.flipBit(name, 70)
    const { state, damage } = await open(directory)
    expect(damage).toContain(name)
    expect(state).toMatchObject({ damaged: false, snapshot: null })
    expect(state.entries).toHaveLength(5)
    expect(directory.names).toContain(`${name}.damaged`)
  })
})
