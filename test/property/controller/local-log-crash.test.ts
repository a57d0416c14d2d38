// The local metadata log crashed at every operation, with what was not synced torn at random: after
// each restart everything that was acknowledged is there, once and in order, and nothing is there
// that was not asked for.

import type { LocalLog } from '@samsa/controller/local-log'
import {
  type CommittedBatch,
  type MetadataLogListener,
  NotLeaderError,
} from '@samsa/controller/metadata-log'
import { describe, expect, it } from 'vitest'
import { localLog } from '../../support/controller/controllers.ts'
import { MemoryStorage, type OperationKind } from '../../support/controller/memory-storage.ts'
import { seededRandom } from '../../support/controller/random.ts'

const appendsPerLife = 12

/** What a node has applied: a list of record texts, as a stand-in for the image. */
class Applied implements MetadataLogListener {
  texts: string[] = []
  epoch = -1
  offset = -1
  /** The epoch of each record since the start. */
  epochs = new Map<number, number>()
  readonly faults: Error[] = []

  onSnapshot({ offset, records }: { offset: number; records: Iterable<Buffer> }): void {
    this.texts = [...records].map(String)
    this.offset = offset
  }

  onCommit({ baseOffset, epoch, records }: CommittedBatch): void {
    expect(baseOffset).toBe(this.offset + 1)
    this.texts.push(...records.map(String))
    for (const _ of records) this.epochs.set(++this.offset, epoch)
  }

  onLeaderChange({ leaderId, epoch }: { leaderId: number; epoch: number }): void {
    this.epoch = leaderId === -1 ? -1 : epoch
  }

  onFault(error: Error): void {
    this.faults.push(error)
  }
}

interface Life {
  /** Texts whose append was resolved: they must survive. */
  readonly acknowledged: string[]
  /** Texts that were handed over at all: nothing else may turn up. */
  readonly asked: string[]
  /** Texts that were said never to be in the log. */
  readonly refused: string[]
}

const newLife = (): Life => ({ acknowledged: [], asked: [], refused: [] })

/** Starts, appends alone and together, writes snapshots now and then, until done or crashed. */
async function live(storage: MemoryStorage, life: Life, name: string): Promise<Applied> {
  const applied = new Applied()
  const log = localLog(storage)
  const append = async (...texts: string[]) => {
    life.asked.push(...texts)
    try {
      await log.append(
        applied.epoch,
        texts.map((text) => Buffer.from(text)),
      )
      life.acknowledged.push(...texts)
    } catch (error) {
      if (error instanceof NotLeaderError) life.refused.push(...texts)
      // It leads again, in another epoch: life goes on.
      if (applied.epoch === -1) throw error
    }
  }
  // Not always in step, so that what one life left is not just written over by the same of the
  // next.
  const phase = Math.floor(storage.random() * 3)
  try {
    await log.start(applied)
    for (let index = 0; index < appendsPerLife; index++) {
      const text = `${name}-${String(index).padStart(2, '0')}`
      if ((index + phase) % 3 === 0) {
        await Promise.all([append(`${text}a`), append(`${text}b`), append(`${text}c`, `${text}d`)])
      } else {
        await append(`${text}x`)
      }
      if (index % 4 === 3) {
        await Promise.all([writeSnapshot(storage, log, applied), append(`${text}s`)])
      }
    }
    await log.close()
  } catch {
    await log.close().catch(() => undefined)
  }
  return applied
}

/**
 * A snapshot of what is applied, or was a little earlier, while appends go on. If it fails, it was
 * not the time.
 */
async function writeSnapshot(storage: MemoryStorage, log: LocalLog, applied: Applied) {
  const offset = applied.offset - Math.floor(storage.random() * 3)
  const records = applied.texts.slice(0, offset + 1).map((entry) => Buffer.from(entry))
  const epoch = applied.epochs.get(offset)
  if (epoch === undefined) return
  await log.writeSnapshot({ offset, epoch, records }).catch(() => undefined)
}

/** Reads back what is there, and holds it against what was acknowledged and asked for. */
async function check(storage: MemoryStorage, life: Life): Promise<string[]> {
  const applied = new Applied()
  const log = localLog(storage)
  await log.start(applied)
  await log.close()
  const present = new Set(applied.texts)
  expect(present.size, 'nothing twice').toBe(applied.texts.length)
  const lost = life.acknowledged.filter((text) => !present.has(text))
  expect(lost, 'acknowledged and lost').toEqual([])
  expect(life.refused.filter((text) => present.has(text))).toEqual([])
  const asked = new Set(life.asked)
  expect(applied.texts.filter((text) => !asked.has(text))).toEqual([])
  const order = life.asked.filter((text) => present.has(text))
  expect(applied.texts, 'in the order of the appends').toEqual(order)
  return applied.texts
}

function crashOrKill(storage: MemoryStorage): void {
  if (storage.random() < 0.5) storage.crash()
  else storage.kill()
}

async function operationsOfOneLife(): Promise<number> {
  const storage = new MemoryStorage()
  storage.random = seededRandom(1)
  await live(storage, newLife(), 'x')
  return storage.operations
}

const operations = await operationsOfOneLife()

describe('the local metadata log', () => {
  it(`survives a crash at each of the ${operations} operations of its life`, async () => {
    for (let crashAt = 1; crashAt <= operations; crashAt++) {
      for (let seed = 0; seed < 8; seed++) {
        const storage = new MemoryStorage()
        storage.random = seededRandom(crashAt * 1000 + seed)
        const life = newLife()
        storage.crashAt = crashAt
        await live(storage, life, 'life1')
        crashOrKill(storage)
        // What a start has delivered as committed must survive from then on.
        life.acknowledged.push(...(await check(storage, life)))
        crashOrKill(storage)
        // And on: a second life on what the first left, crashed somewhere else.
        storage.crashAt = storage.operations + 1 + Math.floor(storage.random() ** 2 * operations)
        await live(storage, life, 'life2')
        crashOrKill(storage)
        life.acknowledged.push(...(await check(storage, life)))
        storage.crash()
        await check(storage, life)
      }
    }
  })

  it('keeps its files few and small over many lives', async () => {
    const storage = new MemoryStorage()
    const life = newLife()
    for (let round = 0; round < 10; round++) await live(storage, life, `round-${round}`)
    await check(storage, life)
    const names = Object.keys(storage.fileSizes)
    expect(names.filter((name) => name.endsWith('.snapshot'))).toHaveLength(1)
    expect(names.filter((name) => name.endsWith('.log')).length).toBeLessThanOrEqual(2)
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('says so when a sync fails, and loses nothing that was acknowledged', async () => {
    // The last two operations close files; no sync comes after them.
    for (let failAt = 1; failAt <= operations - 2; failAt++) {
      const storage = new MemoryStorage()
      storage.random = seededRandom(failAt)
      let failed = 0
      storage.onOperation = (kind) => {
        if (storage.operations < failAt || (kind !== 'sync' && kind !== 'syncDirectory')) return
        failed++
        throw new Error('EIO')
      }
      const life = newLife()
      await live(storage, life, 'failing')
      expect(failed).toBeGreaterThan(0)
      storage.kill()
      life.acknowledged.push(...(await check(storage, life)))
      storage.crash()
      await check(storage, life)
    }
  })

  it('takes no append for lost or done that is not, while the disk is full', async () => {
    for (let run = 0; run < operations * 4; run++) {
      const failAt = 4 + (run % (operations - 4))
      const storage = new MemoryStorage()
      storage.random = seededRandom(run)
      const fail = (kind: OperationKind) => {
        const isFull = storage.operations >= failAt && storage.operations < failAt + 6
        if (kind === 'write' && isFull) throw new Error('ENOSPC')
      }
      // The disk took nothing, or took it and failed all the same.
      if (failAt % 2 === 0) storage.onOperation = fail
      else storage.afterOperation = fail
      const life = newLife()
      if (failAt % 3 > 0) storage.crashAt = failAt + Math.floor(storage.random() * 40)
      const { faults } = await live(storage, life, 'full1')
      expect(faults.filter(({ name }) => name !== 'CrashError')).toEqual([])
      crashOrKill(storage)
      life.acknowledged.push(...(await check(storage, life)))
      await live(storage, life, 'full2')
      storage.crash()
      await check(storage, life)
    }
  })
})
