// What a start finds after a crash, or after bytes have rotted: a torn tail is cut, damage in the
// middle is refused.

import { LogDamagedError } from '@samsa/broker/log/log-errors'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  openLog,
  openManager,
  RecordedEvents,
  readAll,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const firstLog = '/data/events-0/00000000000000000000.log'

/** A log of ten batches as kill -9 leaves it; `sizes` are where each begins, and the end. */
async function killedLog(config = {}): Promise<{ disk: MemoryDisk; starts: number[] }> {
  const disk = new MemoryDisk()
  const log = await openLog(await openManager(disk), config)
  const batches = Array.from({ length: 10 }, (_, index) =>
    batchOf([`value-${index}`, 'x'.repeat(40)]),
  )
  await appendAll(log, batches)
  const starts = [0]
  for (const batch of batches) starts.push((starts.at(-1) ?? 0) + batch.length)
  return { disk: disk.afterCrash('process', () => 0), starts }
}

async function reopen(disk: MemoryDisk, config = {}) {
  const events = new RecordedEvents()
  const manager = await openManager(disk, { events, topicConfig: config })
  return { manager, events }
}

describe('a torn tail', () => {
  it('is cut after the last whole batch, wherever the file ends', async () => {
    const { disk, starts } = await killedLog()
    const size = disk.inode(firstLog).sizeBytes
    for (let cut = starts[8] ?? 0; cut < size; cut++) {
      const torn = disk.afterCrash('process', () => 0)
      torn.inode(firstLog).truncate(cut)
      const { manager, events } = await reopen(torn)
      const log = await openLog(manager)
      const whole = starts.filter((start) => start <= cut).length - 1
      expect(log.logEndOffset).toBe(whole * 2)
      expect((await readAll(log)).length).toBe(whole * 2)
      expect(events.messages('warn').length).toBe(starts.includes(cut) ? 0 : 1)
      await manager.close()
    }
  })

  it('is cut where the last batch does not have its checksum', async () => {
    const { disk, starts } = await killedLog()
    flip(disk, (starts[9] ?? 0) + 70)
    const { manager } = await reopen(disk)
    expect((await openLog(manager)).logEndOffset).toBe(18)
  })

  it('is cut where zeros follow the last batch', async () => {
    const { disk } = await killedLog()
    const file = disk.inode(firstLog)
    file.write(Buffer.alloc(5000), file.sizeBytes)
    const { manager } = await reopen(disk)
    const log = await openLog(manager)
    expect(log.logEndOffset).toBe(20)
    await appendAll(log, [batchOf(['goes on'])])
    expect((await readAll(log)).at(-1)).toEqual([20, 'goes on'])
  })

  it('is told with the file and the offset', async () => {
    const { disk, starts } = await killedLog()
    disk.inode(firstLog).truncate((starts[9] ?? 0) + 20)
    const { events } = await reopen(disk)
    expect(events.all.find((event) => event.level === 'warn')?.fields).toMatchObject({
      path: firstLog,
      position: starts[9],
      offset: 18,
    })
  })
})

describe('damage in the middle', () => {
  it.each([
    ['a flipped bit in the records', 70],
    ['a flipped bit in the length', 9],
    ['a flipped bit in the magic', 16],
    ['a flipped bit in the checksum', 17],
  ])('is refused: %s', async (_, at) => {
    const { disk, starts } = await killedLog()
    flip(disk, (starts[4] ?? 0) + at)
    const before = Buffer.from(disk.inode(firstLog).bytes())
    const { manager, events } = await reopen(disk)
    expect(manager.get('events', 0)).toBeUndefined()
    const [damaged] = manager.damaged
    expect(damaged?.error).toBeInstanceOf(LogDamagedError)
    expect(damaged?.error).toMatchObject({ path: firstLog, position: starts[4], offset: 8 })
    expect(events.messages('error').length).toBe(1)
    await expect(openLog(manager)).rejects.toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
    expect(disk.inode(firstLog).bytes().equals(before)).toBe(true)
  })

  it('in the base offset, which no checksum covers, is seen by what follows', async () => {
    const { disk, starts } = await killedLog()
    flip(disk, (starts[4] ?? 0) + 7)
    const { manager } = await reopen(disk)
    expect(manager.damaged[0]?.error).toMatchObject({ position: starts[5] })
  })

  it('in a segment that others follow is refused too', async () => {
    const { disk } = await killedLog({ segmentBytes: 400 })
    const file = disk.inode(firstLog)
    flip(disk, file.sizeBytes - 10)
    const { manager } = await reopen(disk, { segmentBytes: 400 })
    expect(manager.damaged.length).toBe(1)
  })

  it('keeps no other partition from being served', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const damaged = await openLog(manager, {}, 0)
    const sound = await openLog(manager, {}, 1)
    for (const log of [damaged, sound])
      await appendAll(log, [batchOf(['a']), batchOf(['b']), batchOf(['c'])])
    const killed = disk.afterCrash('process', () => 0)
    flip(killed, 70)
    const again = await reopen(killed)
    expect(again.manager.damaged.map(({ partition }) => partition)).toEqual([0])
    expect((await readAll(await openLog(again.manager, {}, 1))).length).toBe(3)
  })

  it('goes away with the partition when that is deleted', async () => {
    const { disk, starts } = await killedLog()
    flip(disk, (starts[4] ?? 0) + 70)
    const { manager } = await reopen(disk)
    await manager.delete('events', 0)
    expect(manager.damaged).toEqual([])
    const log = await openLog(manager)
    expect(log.logEndOffset).toBe(0)
  })

  it('that a page is missing is no damage: it never reached the device', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk))
    const batches = Array.from({ length: 30 }, (_, index) =>
      batchOf([`${index}`, 'y'.repeat(1000)]),
    )
    await appendAll(log, batches)
    const killed = disk.afterCrash('process', () => 0)
    killed.inode(firstLog).write(Buffer.alloc(4096), 8192)
    const { manager, events } = await reopen(killed)
    const cut = await openLog(manager)
    const size = batches[0]?.length ?? 1
    const whole = Math.floor(8192 / size)
    expect(cut.logEndOffset).toBe(whole * 2)
    expect((await readAll(cut)).length).toBe(whole * 2)
    expect(events.messages('warn').length).toBe(1)
  })
})

describe('indexes', () => {
  const config = { segmentBytes: 2000, indexIntervalBytes: 100 }

  async function cleanLog(): Promise<MemoryDisk> {
    const disk = new MemoryDisk()
    const manager = await openManager(disk, { topicConfig: config })
    const log = await openLog(manager, config)
    await appendAll(
      log,
      Array.from({ length: 60 }, (_, index) => batchOf([`value-${index}`])),
    )
    await manager.close()
    return disk.afterCrash('process', () => 0)
  }

  it.each(['.index', '.timeindex'])('that are missing (%s) are made anew', async (suffix) => {
    const disk = await cleanLog()
    const paths = disk.files('/data').filter((path) => path.endsWith(suffix))
    expect(paths.length).toBeGreaterThan(2)
    const before = paths.map((path) => Buffer.from(disk.inode(path).bytes()))
    for (const path of paths) await disk.remove(path)
    const { manager } = await reopen(disk, config)
    const log = await openLog(manager, config)
    expect((await readAll(log)).length).toBe(60)
    await manager.close()
    expect(paths.map((path) => Buffer.from(disk.inode(path).bytes()))).toEqual(before)
  })

  it('are the same after a recovery as after a clean stop', async () => {
    const clean = await cleanLog()
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk, { topicConfig: config }), config)
    await appendAll(
      log,
      Array.from({ length: 60 }, (_, index) => batchOf([`value-${index}`])),
    )
    const killed = disk.afterCrash('process', () => 0)
    for (const path of killed.files('/data')) if (path.endsWith('index')) await killed.remove(path)
    const { manager } = await reopen(killed, config)
    await manager.close()
    const indexes = clean.files('/data').filter((path) => path.endsWith('index'))
    expect(killed.files('/data').filter((path) => path.endsWith('index'))).toEqual(indexes)
    for (const path of indexes) {
      expect(killed.inode(path).bytes().equals(clean.inode(path).bytes())).toBe(true)
    }
  })

  it('whose content is nonsense do not make a read wrong', async () => {
    const disk = await cleanLog()
    for (const path of disk.files('/data')) {
      if (path.endsWith('.index')) {
        const file = disk.inode(path)
        for (let at = 4; at < file.sizeBytes; at += 8) file.content.writeInt32BE(37 + at, at)
      }
    }
    const { manager } = await reopen(disk, config)
    const log = await openLog(manager, config)
    const { records } = await log.read({
      offset: 31,
      maxBytes: 1,
      minOneBatch: true,
      upTo: 60,
      abortedTransactions: false,
    })
    expect(Number(records.readBigInt64BE(0))).toBe(31)
  })
})

function flip(disk: MemoryDisk, position: number): void {
  const { content } = disk.inode(firstLog)
  content[position] = (content[position] ?? 0) ^ 0x10
}
