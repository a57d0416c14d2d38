// What a voter finds on its disk: files of a sound quorum with bytes damaged, and logs whose frames
// are whole, checksums and all, but say what no voter ever wrote.

import type { Persist } from '@samsa/raft/core/effects'
import type { Entry, VoterId } from '@samsa/raft/core/types'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import {
  encodeEntry,
  encodeHeader,
  encodeMark,
  encodeTruncate,
} from '@samsa/raft/driver/storage/frames'
import { recoverLog } from '@samsa/raft/driver/storage/log-recovery'
import { StorageDamagedError } from '@samsa/raft/driver/storage/whole-file'
import type { Random } from '../../simulation/shared/random.ts'
import { MemoryDirectory } from '../../unit/raft/driver/memory-directory.ts'
import { mutate, noise } from '../engine/mutate.ts'
import { BrokenPromiseError, type OpenTarget, type Target } from '../engine/target.ts'

const segmentBytesMax = 400
const logOnly = 255
const empty = Buffer.alloc(0)
const numbers = [0, 1, 1, 2, 2, 3, 4, 5, 10, 1_000_000, 2 ** 53 - 1, -1]
const quorum = { voters: ['1@a' as VoterId], outgoing: [], learners: [] }

export const raftFiles: Target = {
  name: 'raft-files',
  shortRuns: 800,
  open: openRaftFiles,
}

async function openRaftFiles(): Promise<OpenTarget> {
  const sound = await soundDirectory()
  const names = sound.names
  const contents = await Promise.all(names.map((name) => sound.read(name)))
  return {
    // The first byte says which file the rest is.
    make(random) {
      if (random.chance(0.5)) return Buffer.concat([Buffer.from([logOnly]), forgedLog(random)])
      const index = random.integer(0, names.length - 1)
      return Buffer.concat([Buffer.from([index]), mutate(random, contents[index] ?? empty)])
    },
    async run(input) {
      const bytes = input.subarray(1)
      if (input[0] === logOnly) {
        const file = { name: 'log-1', sequence: 1, bytes }
        return checkRefusal(() => Promise.resolve(recoverLog([file])))
      }
      const name = names[(input[0] ?? 0) % names.length] ?? ''
      const directory = sound.copy()
      directory.overwrite(name, bytes)
      await checkRefusal(() => openAndRead(directory))
    },
    close: () => Promise.resolve(),
  }
}

/** As a voter that starts: all of the log, and the whole of the newest snapshot. */
async function openAndRead(directory: MemoryDirectory): Promise<void> {
  const storage = new FileStorage(directory, { segmentBytesMax })
  const { state } = await storage.open()
  const end = state.base.index + state.entries.length
  if (state.commit > end) throw new BrokenPromiseError(`commit ${state.commit} is behind ${end}`)
  await storage.close()
}

async function checkRefusal(read: () => Promise<unknown>): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof StorageDamagedError)) throw error
  }
}

function forgedLog(random: Random): Buffer {
  const number = () => random.pick(numbers)
  const base = random.chance(0.7) ? { index: 0, term: 0 } : { index: number(), term: number() }
  const header = { sequence: random.pick([1, 1, 1, 2]), base, resets: random.chance(0.2) }
  const parts: Buffer[] = [encodeHeader(header)]
  let next = base.index + 1
  for (let count = random.integer(0, 12); count > 0; count--) {
    const index = random.chance(0.85) ? next++ : number()
    parts.push(...forgedFrame(random, index, number))
  }
  const log = Buffer.concat(parts)
  return random.chance(0.3) ? mutate(random, log) : log
}

function forgedFrame(random: Random, index: number, number: () => number): Buffer[] {
  const term = random.chance(0.8) ? 1 : number()
  const commit = random.chance(0.7) ? 0 : number()
  const durableBytes = random.chance(0.7) ? 0 : number()
  switch (random.integer(0, 5)) {
    case 0:
      return encodeTruncate(number(), commit, durableBytes)
    case 1:
      return encodeMark({ index, term }, commit, durableBytes)
    case 2: {
      const strange = random.pick<unknown>([{}, null, 7, { voters: 3 }, quorum])
      const configuration = strange as typeof quorum
      return encodeEntry(
        { type: 'configuration', index, term, configuration },
        commit,
        durableBytes,
      )
    }
    default:
      return encodeEntry(
        { type: 'data', index, term, data: noise(random, 40) },
        commit,
        durableBytes,
      )
  }
}

async function soundDirectory(): Promise<MemoryDirectory> {
  const directory = new MemoryDirectory()
  const storage = new FileStorage(directory, { segmentBytesMax })
  await storage.open()
  for (let index = 1; index <= 20; index++) {
    const entry: Entry =
      index === 1
        ? { type: 'configuration', index, term: 1, configuration: quorum }
        : { type: 'data', index, term: 1, data: Buffer.from(`entry ${index}`) }
    const persist: Persist = {
      type: 'persist',
      token: 0,
      ...(index === 1 && { hardState: { term: 1, votedFor: null, damagedInTerm: null } }),
      entries: [entry],
      commit: index - 1,
    }
    await storage.persist([persist])
  }
  await storage.close()
  return directory
}
