// The log that a voter keeps in memory: appends, conflicts, compaction, quorums along it.

import { RaftLog } from '@samsa/raft/core/log'
import type { Entry, RestoredState, SnapshotDescriptor, VoterId } from '@samsa/raft/core/types'
import { describe, expect, it } from 'vitest'

const quorum = (...voters: string[]) => ({
  voters: voters as VoterId[],
  outgoing: [],
  learners: [],
})

function noop(index: number, term: number): Entry {
  return { type: 'noop', index, term }
}

function configuration(index: number, term: number, ...voters: string[]): Entry {
  return { type: 'configuration', index, term, configuration: quorum(...voters) }
}

function restored(parts: Partial<RestoredState> = {}): RestoredState {
  return {
    hardState: null,
    snapshot: null,
    entries: [],
    base: { index: 0, term: 0 },
    commit: 0,
    bootstrap: quorum('a'),
    damaged: false,
    ...parts,
  }
}

function snapshotAt(index: number, term: number): SnapshotDescriptor {
  return { index, term, configuration: quorum('a', 'b'), sizeBytes: 1, checksum: 0 }
}

describe('a log', () => {
  it('goes back to the quorum of before when a change is truncated', () => {
    const log = new RaftLog(restored())
    log.append(noop(1, 1))
    log.append(configuration(2, 1, 'a', 'b'))
    expect(log.configuration).toEqual(quorum('a', 'b'))
    expect(log.configurationIndex).toBe(2)
    log.truncateFrom(2)
    expect(log.configuration).toEqual(quorum('a'))
    expect(log.configurationAt(1)).toEqual(quorum('a'))
  })

  it('never truncates what is committed, and never loses its place', () => {
    const log = new RaftLog(restored({ entries: [noop(1, 1), noop(2, 1)] }))
    log.commitTo(1)
    expect(() => log.truncateFrom(1)).toThrow('broken invariant')
    expect(() => log.commitTo(0)).toThrow('broken invariant')
    expect(() => log.commitTo(3)).toThrow('broken invariant')
    expect(() => log.append(noop(4, 1))).toThrow('broken invariant')
    expect(() => log.append(noop(3, 0))).toThrow('broken invariant')
  })

  it('names each entry to one persist, and again after a truncation', () => {
    const log = new RaftLog(restored())
    log.append(noop(1, 1))
    log.append(noop(2, 1))
    expect(log.takeDirty()).toHaveLength(2)
    expect(log.isDirty).toBe(false)
    log.truncateFrom(2)
    log.append(noop(2, 2))
    expect(log.takeDirty()).toEqual([noop(2, 2)])
  })

  it('forgets entries that a snapshot includes and keeps the term before the rest', () => {
    const entries = [noop(1, 1), configuration(2, 1, 'a', 'b'), noop(3, 2), noop(4, 2)]
    const log = new RaftLog(restored({ entries }))
    log.commitTo(4)
    log.appliedTo(4)
    expect(() => log.compact(3)).toThrow('broken invariant')
    log.snapshotTaken(snapshotAt(3, 2))
    log.compact(3)
    expect(log.firstIndex).toBe(4)
    expect(log.termAt(3)).toBe(2)
    expect(log.termAt(2)).toBeUndefined()
    expect(log.configuration).toEqual(quorum('a', 'b'))
    expect(() => log.slice(3, 1)).toThrow('broken invariant')
  })

  it('keeps its quorum when what is forgotten lies before the snapshot of a start', () => {
    const log = new RaftLog(
      restored({
        snapshot: snapshotAt(3, 1),
        base: { index: 1, term: 1 },
        entries: [noop(2, 1), noop(3, 1), configuration(4, 1, 'a', 'b', 'c'), noop(5, 1)],
      }),
    )
    log.compact(2)
    expect(log.configurationAt(3)).toEqual(quorum('a', 'b'))
    expect(log.configurationAt(4)).toEqual(quorum('a', 'b', 'c'))
  })

  it('becomes the snapshot that takes its place', () => {
    const log = new RaftLog(restored({ entries: [noop(1, 1), noop(2, 1)] }))
    log.reset(snapshotAt(9, 3))
    expect(log.last).toEqual({ index: 9, term: 3 })
    expect(log.commit).toBe(9)
    expect(log.toRestore).toEqual(snapshotAt(9, 3))
    expect(log.isDirty).toBe(false)
    log.appliedTo(9)
    expect(log.toRestore).toBeNull()
    expect(() => log.reset(snapshotAt(8, 3))).toThrow('broken invariant')
  })

  it('refuses to start from what does not fit together', () => {
    const gap = restored({ entries: [noop(2, 1)] })
    expect(() => new RaftLog(gap)).toThrow('entry 2 follows 0')
    const short = restored({ entries: [noop(1, 1)], commit: 2 })
    expect(() => new RaftLog(short)).toThrow('what was committed is in the log')
    const besides = restored({ snapshot: snapshotAt(1, 2), entries: [noop(1, 1)] })
    expect(() => new RaftLog(besides)).toThrow('the log goes through its snapshot')
  })

  it('bounds what it hands out, but to one entry at the least', () => {
    const data = Buffer.alloc(100)
    const entries = [1, 2, 3].map((index): Entry => ({ type: 'data', index, term: 1, data }))
    const log = new RaftLog(restored({ entries }))
    expect(log.slice(1, 1)).toHaveLength(1)
    expect(log.slice(1, 264)).toHaveLength(2)
    expect(log.slice(2, 10_000)).toHaveLength(2)
    expect(log.slice(4, 10)).toHaveLength(0)
  })
})
