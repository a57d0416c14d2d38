// The log of one partition, on a disk in memory.

import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  openLog,
  openManager,
  readAll,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

describe('a partition log', () => {
  it('gives back what was appended, in order, with offsets and leader epochs', async () => {
    const manager = await openManager(new MemoryDisk())
    const log = await openLog(manager)
    await appendAll(log, [batchOf(['a', 'b']), batchOf(['c'])], 3)
    expect(await readAll(log)).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(log.latestEpoch).toBe(3)
    expect(log.logEndOffset).toBe(3)
  })

  it('keeps everything through a clean stop', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager, { segmentBytes: 500 })
    const batches = Array.from({ length: 50 }, (_, index) => batchOf([`v${index}`]))
    await appendAll(log, batches)
    expect(log.segmentCount).toBeGreaterThan(5)
    const before = await readAll(log)
    await manager.close()
    const again = await openManager(disk.afterCrash('power', () => 0))
    const reopened = await openLog(again)
    expect(await readAll(reopened)).toEqual(before)
  })

  it('keeps everything through kill -9', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager, { segmentBytes: 500 })
    await appendAll(
      log,
      Array.from({ length: 50 }, (_, index) => batchOf([`v${index}`])),
    )
    const before = await readAll(log)
    const again = await openManager(disk.afterCrash('process', () => 0))
    expect(await readAll(await openLog(again))).toEqual(before)
  })
})
