// Files against a model of what a disk must hold: whatever was told to be durable is there after a
// crash at any point, what was under way is there up to some point, and nothing of that is ever
// taken for damage. And the other way round: no flipped bit goes unnoticed, or changes what is
// found.

import type { Persist } from '@samsa/raft/core/effects'
import type { Entry, SnapshotDescriptor, VoterId } from '@samsa/raft/core/types'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import type { StoredState } from '@samsa/raft/driver/storage'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../simulation/shared/random.ts'
import { MemoryDirectory, PowerFailure } from '../../../unit/raft/driver/memory-directory.ts'

const quorum = { voters: ['1@a' as VoterId], outgoing: [], learners: [] }
const segmentBytesMax = 300

/** What a disk may hold: texts of entries by index, unknown below a received snapshot. */
interface Disk {
  readonly term: number
  readonly log: readonly (string | null)[]
  readonly snapshotIndex: number
}

function describeEntry(entry: Entry): string {
  return `${entry.term} ${entry.type === 'data' ? entry.data.toString() : entry.type}`
}

/** Every disk on the way from one to what the persists make of it. */
function stages(disk: Disk, persists: readonly Persist[]): Disk[] {
  const all = [disk]
  let now = disk
  const reach = (change: Partial<Disk>) => {
    now = { ...now, ...change }
    all.push(now)
  }
  // The last hard state of a group is written before anything else.
  const term = persists.findLast(({ hardState }) => hardState !== undefined)?.hardState?.term
  if (term !== undefined) reach({ term })
  for (const { snapshot, truncateFrom, entries } of persists) {
    if (snapshot !== undefined) {
      const log = Array.from({ length: snapshot.index }, () => null)
      reach({ snapshotIndex: snapshot.index, log })
    }
    if (truncateFrom !== undefined) reach({ log: now.log.slice(0, truncateFrom - 1) })
    for (const entry of entries) reach({ log: [...now.log, describeEntry(entry)] })
  }
  return all
}

function isLike(state: StoredState, disk: Disk): boolean {
  const { base, entries, hardState, snapshot } = state
  const isSame = entries.every((entry) => disk.log[entry.index - 1] === describeEntry(entry))
  const last = base.index + entries.length
  return (
    isSame &&
    last === disk.log.length &&
    (hardState?.term ?? 0) === disk.term &&
    (snapshot?.index ?? 0) === disk.snapshotIndex
  )
}

/** Uses a storage as a voter would, at random. */
class Player {
  readonly directory = new MemoryDirectory()
  readonly #random: Random
  #storage = new FileStorage(this.directory, { segmentBytesMax })
  disk: Disk = { term: 0, log: [], snapshotIndex: 0 }
  /** Where the disk may be if the power fails now. */
  possible: Disk[] = [this.disk]
  #commit = 0
  #texts = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  async open(): Promise<StoredState> {
    this.#storage = new FileStorage(this.directory, { segmentBytesMax })
    const { state } = await this.#storage.open()
    return state
  }

  /** One thing after the other until the power fails, or enough has been done. */
  async play(steps: number): Promise<void> {
    try {
      for (let step = 0; step < steps; step++) await this.#step()
    } catch (error) {
      if (!(error instanceof PowerFailure)) throw error
    }
  }

  #step(): Promise<void> {
    const random = this.#random
    const choice = this.disk.term === 0 ? 0 : random.integer(0, 9)
    if (choice <= 5) return this.#persist()
    if (choice === 6) return this.#storage.idle()
    if (choice === 7) return this.#takeSnapshot()
    if (choice === 8) return this.#receiveSnapshot()
    return this.#restart()
  }

  #entries(last: number, count: number, term: number): Entry[] {
    return Array.from({ length: count }, (_, at) => {
      const text = `${++this.#texts}${'.'.repeat(this.#random.integer(0, 60))}`
      return { type: 'data', index: last + 1 + at, term, data: Buffer.from(text) }
    })
  }

  async #persist(): Promise<void> {
    const random = this.#random
    const persists: Persist[] = []
    let { log, term } = this.disk
    for (let each = random.integer(1, 3); each > 0; each--) {
      const isNewTerm = term === 0 || random.chance(0.3)
      if (isNewTerm) term++
      const isConflict = isNewTerm && log.length > this.#commit && random.chance(0.6)
      const from = isConflict ? random.integer(this.#commit + 1, log.length) : log.length + 1
      const entries = this.#entries(from - 1, random.integer(isConflict ? 1 : 0, 3), term)
      log = [...log.slice(0, from - 1), ...entries.map(describeEntry)]
      persists.push({
        type: 'persist',
        token: 0,
        ...(isNewTerm && { hardState: { term, votedFor: null, damagedInTerm: null } }),
        ...(isConflict && { truncateFrom: from }),
        entries,
        commit: this.#commit,
      })
    }
    await this.#carryOut(persists)
    this.#commit = random.integer(this.#commit, this.disk.log.length)
  }

  async #carryOut(persists: readonly Persist[]): Promise<void> {
    this.possible = stages(this.disk, persists)
    await this.#storage.persist(persists)
    this.disk = this.possible.at(-1) ?? this.disk
    this.possible = [this.disk]
  }

  #termAt(index: number): number {
    const entry = this.disk.log[index - 1]
    return entry === null || entry === undefined ? this.disk.term : Number(entry.split(' ')[0])
  }

  async #takeSnapshot(): Promise<void> {
    const index = this.#commit
    if (index <= this.disk.snapshotIndex || this.disk.log[index - 1] === null) return
    const after = { ...this.disk, snapshotIndex: index }
    this.possible = [this.disk, after]
    const point = { index, term: this.#termAt(index), configuration: quorum }
    await this.#storage.writeSnapshot(point, [Buffer.alloc(this.#random.integer(0, 100), 1)])
    this.disk = after
    this.possible = [after]
    await this.#storage.compact(this.#random.integer(0, index))
    await this.#storage.pruneSnapshots([])
  }

  async #receiveSnapshot(): Promise<void> {
    const index = this.disk.log.length + this.#random.integer(1, 5)
    const { term } = this.disk
    const other = new MemoryDirectory()
    const sender = new FileStorage(other, { segmentBytesMax })
    await sender.open()
    const bytes = Buffer.alloc(this.#random.integer(0, 50), 7)
    const snapshot: SnapshotDescriptor = await sender.writeSnapshot(
      { index, term, configuration: quorum },
      [bytes],
    )
    const half = Math.floor(bytes.length / 2)
    await this.#storage.receiveSnapshot(snapshot, 0, bytes.subarray(0, half), false)
    await this.#storage.receiveSnapshot(snapshot, half, bytes.subarray(half), true)
    const entries = this.#entries(index, this.#random.integer(0, 2), term)
    await this.#carryOut([{ type: 'persist', token: 0, snapshot, entries, commit: index }])
    this.#commit = index
    await this.#storage.pruneSnapshots([])
  }

  async #restart(): Promise<void> {
    if (this.#random.chance(0.7)) await this.#storage.close()
    expect(isLike(await this.open(), this.disk)).toBe(true)
  }

  async crash(): Promise<StoredState> {
    if (this.#random.chance(0.3)) this.directory.kill()
    else this.directory.crash({ upTo: (max) => this.#random.integer(0, max) })
    const state = await this.open()
    this.disk = this.possible.findLast((disk) => isLike(state, disk)) ?? this.disk
    this.possible = [this.disk]
    const { log, snapshotIndex } = this.disk
    this.#commit = Math.max(snapshotIndex, Math.min(this.#commit, log.length))
    return state
  }
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

describe('after a crash the files hold', () => {
  it('all that was durable, a beginning of what was under way, and no damage', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 4 }),
        async (seed, crashes) => {
          const player = new Player(seed)
          await player.open()
          for (const operations of crashes) {
            player.directory.operationsLeft = operations
            await player.play(30)
            const { possible } = player
            const state = await player.crash()
            expect(state.damaged).toBe(false)
            expect(possible.some((disk) => isLike(state, disk))).toBe(true)
            expect(state.commit).toBeLessThanOrEqual(state.base.index + state.entries.length)
            const start = state.snapshot?.index ?? 0
            expect(state.base.index).toBeLessThanOrEqual(start)
            expect(start).toBeLessThanOrEqual(state.base.index + state.entries.length)
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('a flipped bit', () => {
  it('is noticed or makes no difference, wherever it is', async () => {
    for (const seed of [1, 2, 3]) {
      const player = new Player(seed)
      await player.open()
      await player.play(12)
      const storage = new FileStorage(player.directory, { segmentBytesMax })
      await storage.open()
      await storage.close()
      for (const name of player.directory.names) {
        for (let at = 0; at < player.directory.sizeOf(name); at += 3) {
          const directory = player.directory.copy()
          directory.flipBit(name, at)
          await expectNoticed(directory, player, `${name} at ${at}`)
        }
      }
    }
  })
})

async function expectNoticed(
  directory: MemoryDirectory,
  { disk }: Player,
  where: string,
): Promise<void> {
  const storage = new FileStorage(directory, { segmentBytesMax })
  const opened = await storage.open().catch((error: unknown) => error)
  if (opened instanceof Error) {
    expect(opened.name, where).toBe('StorageDamagedError')
    return
  }
  const { state } = opened as { state: StoredState }
  if (state.damaged) {
    // Behind what is committed there may be entries again that others had taken the place of.
    const isRight = (entry: Entry) =>
      entry.index > state.commit || disk.log[entry.index - 1] === describeEntry(entry)
    expect(state.entries.every(isRight), where).toBe(true)
    expect(state.hardState?.term, where).toBe(disk.term)
    return
  }
  const withoutSnapshot = { ...disk, snapshotIndex: 0 }
  const isRight = isLike(state, disk) || (state.snapshot === null && isLike(state, withoutSnapshot))
  expect(isRight, where).toBe(true)
}
