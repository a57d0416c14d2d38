// What the log does when the disk refuses: a full disk passes, everything else takes the directory
// offline for good.

import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  FakeTime,
  logConfig,
  openLog,
  openManager,
  otherTopicId,
  RecordedEvents,
  readAll,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk, type Operation } from '../../../support/disk/memory-disk.ts'

const client = { leaderEpoch: 0, origin: 'client' } as const
const storageError = { kafkaError: 'KAFKA_STORAGE_ERROR' }

interface Fixture {
  readonly disk: MemoryDisk
  readonly time: FakeTime
  readonly events: RecordedEvents
  readonly manager: LogManager
  readonly log: PartitionLog
}

async function open(reserveBytes = 0, flushMessages = Number.MAX_SAFE_INTEGER): Promise<Fixture> {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  const events = new RecordedEvents()
  const config = { logDirReserveBytes: reserveBytes }
  const manager = await openManager(disk, { time, events, config })
  const log = await openLog(manager, { flushMessages })
  await appendAll(log, [batchOf(['first'])])
  return { disk, time, events, manager, log }
}

function failing(disk: MemoryDisk, matches: (operation: Operation) => boolean, code: string): void {
  disk.onOperation = (operation) =>
    matches(operation) ? { kind: 'error', code, writtenBytes: 7 } : undefined
}

const isLogWrite = ({ kind, path }: Operation) => kind === 'write' && path.endsWith('.log')

describe('a write that fails with EIO', () => {
  it('rejects the append and takes the directory offline for good', async () => {
    const { disk, manager, log } = await open()
    const failures: string[] = []
    manager.onDirectoryFailure((directoryId) => failures.push(directoryId))
    failing(disk, isLogWrite, 'EIO')
    await expect(log.append(batchOf(['second']), client).written).rejects.toMatchObject(
      storageError,
    )
    disk.onOperation = () => undefined
    expect(log.online).toBe(false)
    expect(failures).toEqual([log.directoryId])
    expect(manager.onlineDirectoryIds).toEqual([])
    expect(() => log.append(batchOf(['third']), client)).toThrow(/offline/)
    await expect(log.flush()).rejects.toMatchObject(storageError)
    await expect(readAll(log)).rejects.toMatchObject(storageError)
  })

  it('never publishes what was not written', async () => {
    const { disk, log } = await open()
    failing(disk, isLogWrite, 'EIO')
    const appends = ['a', 'b'].map((value) => log.append(batchOf([value]), client))
    await Promise.allSettled(appends.map((append) => append.written))
    expect(log.logEndOffset).toBe(1)
  })

  it('leaves the logs of another directory alone', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk, { logDirs: ['/one', '/two'] })
    const first = await openLog(manager, {}, 0)
    const second = await openLog(manager, {}, 1)
    expect(first.directoryId).not.toBe(second.directoryId)
    failing(disk, ({ kind, path }) => kind === 'write' && path.startsWith(first.directory), 'EIO')
    await expect(first.append(batchOf(['x']), client).written).rejects.toMatchObject(storageError)
    await appendAll(second, [batchOf(['y'])])
    expect(await readAll(second)).toEqual([[0, 'y']])
    expect(manager.onlineDirectoryIds).toEqual([second.directoryId])
  })

  it('leaves no clean mark behind in the failed directory', async () => {
    const { disk, manager, log } = await open()
    failing(disk, isLogWrite, 'EIO')
    await expect(log.append(batchOf(['x']), client).written).rejects.toMatchObject(storageError)
    disk.onOperation = () => undefined
    await manager.close()
    expect(disk.files()).not.toContain('/data/.kafka_cleanshutdown')
  })
})

describe('a sync that fails', () => {
  it('acknowledges nothing that waited for it, and is not tried again', async () => {
    const { disk, log } = await open(0, 1)
    let syncs = 0
    disk.onOperation = ({ kind, path }) => {
      if (kind !== 'sync' || !path.endsWith('.log')) return undefined
      syncs++
      return { kind: 'error', code: 'EIO' }
    }
    const appends = ['a', 'b', 'c'].map((value) => log.append(batchOf([value]), client))
    for (const { written } of appends) await expect(written).rejects.toMatchObject(storageError)
    await expect(log.flush()).rejects.toMatchObject(storageError)
    expect(syncs).toBe(1)
    expect(log.online).toBe(false)
    expect(log.logEndOffset).toBe(1)
  })

  it('in a flush asked for takes the directory offline too', async () => {
    const { disk, log } = await open()
    failing(disk, ({ kind }) => kind === 'sync', 'EIO')
    await expect(log.flush()).rejects.toMatchObject(storageError)
    expect(log.online).toBe(false)
  })
})

describe('a read that fails', () => {
  it('fails alone: the log stays online', async () => {
    const { disk, log, events } = await open()
    failing(disk, ({ kind }) => kind === 'read', 'EIO')
    await expect(readAll(log)).rejects.toMatchObject(storageError)
    expect(events.messages('error')).toEqual(['reading a log failed'])
    disk.onOperation = () => undefined
    expect(await readAll(log)).toEqual([[0, 'first']])
  })
})

describe('a disk that runs full', () => {
  it('refuses what it has no room for, keeps what was there, and goes on by itself', async () => {
    const { disk, log, time } = await open()
    disk.capacityBytes = disk.usedBytes + 30
    await expect(log.append(batchOf(['x'.repeat(500)]), client).written).rejects.toMatchObject(
      storageError,
    )
    expect(log.online).toBe(true)
    expect(await readAll(log)).toEqual([[0, 'first']])
    expect(disk.inode(`${log.directory}/00000000000000000000.log`).sizeBytes).toBe(log.sizeBytes)
    expect(() => log.append(batchOf(['y']), client)).toThrow(/full/)
    disk.capacityBytes = 1_000_000
    await roomAgain(log, time)
    expect(await readAll(log)).toEqual([
      [0, 'first'],
      [1, 'later'],
    ])
  })

  it('forgets the sequences of what it refused', async () => {
    const { disk, log, time } = await open()
    await appendAll(log, [sequencedBatch({ producerId: 5, sequence: 0, count: 3 })])
    disk.capacityBytes = disk.usedBytes + 30
    const refused = sequencedBatch({ producerId: 5, sequence: 3, count: 20 })
    await expect(log.append(refused, client).written).rejects.toMatchObject(storageError)
    disk.capacityBytes = 1_000_000
    await roomAgain(log, time)
    const again = log.append(sequencedBatch({ producerId: 5, sequence: 3, count: 20 }), client)
    await again.written
    expect(again.duplicate).toBe(false)
    expect(again.baseOffset).toBe(5)
  })

  it('undoes a segment that was begun for what it refused', async () => {
    const { disk, log, time, manager } = await open()
    manager.updateConfig('events', { ...logConfig, segmentBytes: 400 })
    const values = Array.from({ length: 20 }, (_, index) => `${index}-${'x'.repeat(100)}`)
    disk.capacityBytes = disk.usedBytes + 700
    const appends = values.map((value) => log.append(batchOf([value]), client))
    const outcomes = await Promise.allSettled(appends.map((append) => append.written))
    expect(outcomes.at(-1)?.status).toBe('rejected')
    const end = log.logEndOffset
    expect((await readAll(log)).length).toBe(end)
    disk.capacityBytes = 1_000_000
    await roomAgain(log, time)
    expect(log.logEndOffset).toBe(end + 1)
  })
})

describe('a disk that runs full during upkeep', () => {
  it('keeps the directory online, and the flush succeeds later', async () => {
    const disk = new MemoryDisk()
    const time = new FakeTime()
    const events = new RecordedEvents()
    const manager = await openManager(disk, { time, events })
    const log = await openLog(manager, { flushMs: 1000, indexIntervalBytes: 1 })
    failing(disk, ({ path }) => path.includes('leader-epoch'), 'ENOSPC')
    await expect(log.append(batchOf(['a']), client).written).rejects.toMatchObject(storageError)
    disk.onOperation = () => undefined
    await roomAgain(log, time)
    failing(disk, ({ path }) => path.includes('leader-epoch'), 'ENOSPC')
    time.advance(1000)
    await until(() => events.messages('warn').includes('upkeep of a log failed'))
    expect(log.online).toBe(true)
    disk.onOperation = () => undefined
    await log.flush()
    expect(manager.onlineDirectoryIds.length).toBe(1)
  })

  it('and closed with it, is recovered at the next start', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager, { indexIntervalBytes: 1 })
    await appendAll(
      log,
      Array.from({ length: 20 }, (_, index) => batchOf([`${index}`])),
    )
    disk.capacityBytes = disk.usedBytes
    await manager.close()
    expect(disk.files()).not.toContain('/data/.kafka_cleanshutdown')
    const next = disk.afterCrash('process', () => 0)
    next.capacityBytes = Number.MAX_SAFE_INTEGER
    expect((await readAll(await openLog(await openManager(next)))).length).toBe(20)
  })
})

describe('a disk below its reserve', () => {
  it('refuses appends before it is full, serves reads, and goes on once there is room', async () => {
    const { disk, time, log, manager, events } = await open(10_000)
    disk.capacityBytes = disk.usedBytes + 9000
    time.advance(1500)
    await appendAll(log, [batchOf(['noticed after this'])])
    await until(() => manager.full)
    expect(() => log.append(batchOf(['x']), client)).toThrow(/reserved/)
    expect(events.messages('error')).toEqual(['the disk is nearly full: writes are refused'])
    expect((await readAll(log)).length).toBe(2)
    disk.capacityBytes = 1_000_000
    await roomAgain(log, time)
    expect(manager.full).toBe(false)
  })

  it('looks at once when what was free at the last look is used up', async () => {
    const { disk, time, log, manager } = await open(10_000)
    disk.capacityBytes = disk.usedBytes + 13_000
    time.advance(1500)
    await appendAll(log, [batchOf(['looks now'])])
    await until(() => disk.operations > 0 && !manager.full)
    // No time passes from here on.
    for (let index = 0; index < 20 && !manager.full; index++) {
      await appendAll(log, [batchOf(['x'.repeat(500)])])
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(manager.full).toBe(true)
    expect(disk.capacityBytes - disk.usedBytes).toBeGreaterThan(8000)
  })
})

describe('a directory that cannot be opened', () => {
  it('is offline, and the node serves the others', async () => {
    const disk = new MemoryDisk()
    failing(disk, ({ path }) => path.startsWith('/bad'), 'EIO')
    const manager = await openManager(disk, { logDirs: ['/bad', '/good'] })
    expect(manager.onlineDirectoryIds.length).toBe(1)
    const log = await manager.getOrCreate('events', otherTopicId, 0, logConfig)
    expect(log.directory).toBe('/good/events-0')
    const [good, bad] = (await manager.describe()).toSorted((a, b) => b.path.localeCompare(a.path))
    expect(good?.online).toBe(true)
    expect(bad).toMatchObject({ path: '/bad', online: false })
  })

  it('stops the start when it is the only one', async () => {
    const disk = new MemoryDisk()
    failing(disk, ({ path }) => path.startsWith('/data'), 'EIO')
    await expect(openManager(disk)).rejects.toThrow('EIO')
  })
})

async function roomAgain(log: PartitionLog, time: FakeTime): Promise<void> {
  const deadline = Date.now() + 5000
  for (;;) {
    time.advance(1500)
    try {
      await log.append(batchOf(['later']), client).written
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition never came true')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
