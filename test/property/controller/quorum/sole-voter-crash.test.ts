// The metadata log of a node that is alone, crashed at every operation of its disk, with what was
// not synced torn at random: after each restart everything that was acknowledged is there, once and
// in order, and nothing is there that was not asked for.

import { setImmediate as turn } from 'node:timers/promises'
import { NotLeaderError } from '@samsa/controller/metadata-log'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../simulation/shared/random.ts'
import { soleVoterLog } from '../../../support/controller/controllers.ts'
import { Recorder } from '../../../support/controller/quorum-cluster.ts'
import { MemoryDirectory } from '../../../unit/raft/driver/memory-directory.ts'

const appendsPerLife = 8

class Life {
  readonly directory = new MemoryDirectory()
  readonly #random: Random
  /** Texts whose append was resolved, or that a start has delivered: they must survive. */
  readonly acknowledged = new Set<string>()
  readonly #asked: string[] = []
  readonly #refused: string[] = []

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** Starts, appends alone and together, takes snapshots, until done or crashed. */
  async live(name: string): Promise<void> {
    const recorder = new Recorder()
    const log = soleVoterLog(this.directory)
    const append = async (...texts: string[]) => {
      this.#asked.push(...texts)
      try {
        const records = texts.map((text) => Buffer.from(text))
        await log.append(recorder.leader.epoch, records)
        for (const text of texts) this.acknowledged.add(text)
      } catch (error) {
        if (error instanceof NotLeaderError) this.#refused.push(...texts)
      }
    }
    try {
      await log.start(recorder)
      for (let index = 0; index < appendsPerLife && recorder.faults.length === 0; index++) {
        const text = `${name}-${index}`
        if (index % 3 === 0) {
          await Promise.all([
            append(`${text}a`),
            append(`${text}b`),
            append(`${text}c`, `${text}d`),
          ])
        } else await append(`${text}x`)
        if (index % 4 === 3) {
          const snapshot = log.writeSnapshot(recorder.snapshot()).catch(() => undefined)
          await Promise.all([snapshot, append(`${text}s`)])
        }
      }
    } catch {
      // The power failed at the start.
    }
    await log.close().catch(() => undefined)
    for (const { name: fault } of recorder.faults) expect(fault).toBe('PowerFailure')
  }

  powerFails(): void {
    if (this.#random.chance(0.3)) this.directory.kill()
    else this.directory.crash({ upTo: (max) => this.#random.integer(0, max) })
  }

  /** Reads back what is there, and holds it against what was acknowledged and asked for. */
  async check(): Promise<void> {
    const recorder = new Recorder()
    const log = soleVoterLog(this.directory)
    await log.start(recorder)
    await log.close()
    const { texts } = recorder
    const present = new Set(texts)
    expect(present.size, 'nothing twice').toBe(texts.length)
    expect(
      [...this.acknowledged].filter((text) => !present.has(text)),
      'lost',
    ).toEqual([])
    expect(
      this.#refused.filter((text) => present.has(text)),
      'refused',
    ).toEqual([])
    const expected = this.#asked.filter((text) => present.has(text))
    expect(texts, 'in the order of the appends').toEqual(expected)
    for (const text of texts) this.acknowledged.add(text)
  }
}

async function operationsOfOneLife(): Promise<number> {
  const life = new Life(1)
  await life.live('x')
  await turn()
  return life.directory.operations
}

const operations = await operationsOfOneLife()

describe('the metadata log of a node that is alone', () => {
  it(`survives a crash at each of the ${operations} operations of its life`, async () => {
    expect(operations).toBeGreaterThan(50)
    for (let seed = 0; seed <= 6 * operations; seed++) {
      const crashAt = seed % (operations + 1)
      const life = new Life(seed)
      life.directory.operationsLeft = crashAt
      await life.live('life1')
      life.powerFails()
      await life.check()
      // And on: a second life on what the first left, crashed somewhere else.
      life.directory.operationsLeft = (seed * 7) % operations
      await life.live('life2')
      life.powerFails()
      await life.check()
    }
  })

  it('keeps its files few over many lives', async () => {
    const life = new Life(1)
    for (let round = 0; round < 10; round++) await life.live(`round-${round}`)
    await life.check()
    const { names } = life.directory
    expect(names.filter((name) => name.endsWith('.snapshot'))).toHaveLength(1)
    expect(names.filter((name) => name.endsWith('.log'))).toHaveLength(1)
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('stops when a sync fails, and loses nothing that was acknowledged', async () => {
    const life = new Life(1)
    await life.live('before')
    const recorder = new Recorder()
    const log = soleVoterLog(life.directory)
    await log.start(recorder)
    life.directory.failsSync = true
    const append = log.append(recorder.leader.epoch, [Buffer.from('uncertain')])
    await expect(append).rejects.toMatchObject({ name: 'LostLeadershipError' })
    expect(recorder.faults.map(({ message }) => message)).toEqual(['EIO'])
    await log.close()
    life.directory.crash({ upTo: () => 0 })
    await life.check()
  })
})
