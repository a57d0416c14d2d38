// Log directories from their making to a clean stop: identity, placement, deletion, checkpoints.

import { DirectoryLockedError } from '@samsa/broker/disk/directory-lock'
import { ForeignDirectoryError } from '@samsa/broker/log/checkpoint/meta-properties'
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
  topicId,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const client = { leaderEpoch: 0, origin: 'client' } as const

function textOf(disk: MemoryDisk, path: string): string {
  return disk.inode(path).bytes().toString('utf8')
}

describe('a log directory', () => {
  it('gets an identity, which stays', async () => {
    const disk = new MemoryDisk()
    const first = await openManager(disk)
    const [directoryId] = first.onlineDirectoryIds
    expect(directoryId).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(textOf(disk, '/data/meta.properties').split('\n').slice(1)).toEqual([
      'version=1',
      'cluster.id=test-cluster-0000000000',
      'node.id=1',
      `directory.id=${directoryId}`,
      '',
    ])
    await first.close()
    expect((await openManager(disk)).onlineDirectoryIds).toEqual([directoryId])
  })

  it.each([
    ['node', { nodeId: 2 }],
    ['cluster', { clusterId: 'another-cluster-0000000' }],
  ])('of another %s is refused', async (_, other) => {
    const disk = new MemoryDisk()
    await (await openManager(disk)).close()
    await expect(openManager(disk, other)).rejects.toBeInstanceOf(ForeignDirectoryError)
  })

  it('that another process uses is refused, until that is gone', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk, { logDirs: ['/two'] })
    const both = { logDirs: ['/one', '/two'] }
    await expect(openManager(disk, both)).rejects.toBeInstanceOf(DirectoryLockedError)
    await manager.close()
    expect((await openManager(disk, both)).onlineDirectoryIds.length).toBe(2)
  })

  it('survives power loss while it is being made', async () => {
    for (let at = 0; at < 30; at++) {
      const disk = new MemoryDisk()
      disk.onOperation = ({ index }) => (index === at ? { kind: 'crash' } : undefined)
      await openManager(disk)
        .then((manager) => openLog(manager))
        .catch(() => undefined)
      const again = await openManager(disk.afterCrash('power', () => at / 30))
      expect(again.damaged).toEqual([])
      await appendAll(await openLog(again), [batchOf(['x'])])
    }
  })
})

describe('a new partition', () => {
  it('gets a folder with its topic id', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk))
    expect(log.directory).toBe('/data/events-0')
    expect(textOf(disk, '/data/events-0/partition.metadata')).toBe(
      `version: 0\ntopic_id: ${topicId}\n`,
    )
  })

  it('goes to the directory with the fewest', async () => {
    const manager = await openManager(new MemoryDisk(), { logDirs: ['/a', '/b', '/c'] })
    for (let partition = 0; partition < 7; partition++) await openLog(manager, {}, partition)
    const counts = (await manager.describe()).map(({ logs }) => logs.length)
    expect(counts.toSorted((a, b) => a - b)).toEqual([2, 2, 3])
  })

  it('goes there also when many are made at once', async () => {
    const manager = await openManager(new MemoryDisk(), { logDirs: ['/a', '/b', '/c'] })
    const partitions = Array.from({ length: 7 }, (_, partition) => openLog(manager, {}, partition))
    await Promise.all(partitions)
    const counts = (await manager.describe()).map(({ logs }) => logs.length)
    expect(counts.toSorted((a, b) => a - b)).toEqual([2, 2, 3])
  })

  it('is one and the same for two who ask at once', async () => {
    const manager = await openManager(new MemoryDisk())
    const [one, two] = await Promise.all([openLog(manager), openLog(manager)])
    expect(one).toBe(two)
    expect([...manager.all()].length).toBe(1)
  })

  it('with the name of a deleted topic does not get its records', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    await appendAll(await openLog(manager), [batchOf(['old'])])
    const fresh = await manager.getOrCreate('events', otherTopicId, 0, logConfig)
    expect(fresh.logEndOffset).toBe(0)
    await appendAll(fresh, [batchOf(['new'])])
    expect(await readAll(fresh)).toEqual([[0, 'new']])
    expect(fresh.topicId).toBe(otherTopicId)
  })

  it('that cannot be made for want of room is refused, and made later', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    disk.capacityBytes = disk.usedBytes
    await expect(openLog(manager)).rejects.toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
    disk.capacityBytes = 1_000_000
    expect((await openLog(manager)).logEndOffset).toBe(0)
  })
})

describe('deleting a partition', () => {
  it('takes it out of service at once and removes its files after file.delete.delay.ms', async () => {
    const disk = new MemoryDisk()
    const time = new FakeTime()
    const manager = await openManager(disk, { time })
    const log = await openLog(manager, { fileDeleteDelayMs: 5000 })
    await appendAll(log, [batchOf(['x'])])
    await manager.delete('events', 0)
    expect(manager.get('events', 0)).toBeUndefined()
    expect(() => log.append(batchOf(['y']), client)).toThrow(/deleted/)
    await expect(readAll(log)).rejects.toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
    const files = () => disk.files('/data').filter((path) => path.includes('events'))
    expect(files().every((path) => /^\/data\/events-0\.[A-Za-z0-9]+-delete\//.test(path))).toBe(
      true,
    )
    expect(files().length).toBeGreaterThan(0)
    time.advance(5000)
    await settle()
    expect(files()).toEqual([])
    expect(disk.openFiles).toBe(0)
  })

  it('is finished at the next start where the node stopped before', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    await appendAll(await openLog(manager), [batchOf(['x'])])
    await manager.delete('events', 0)
    const again = await openManager(disk.afterCrash('process', () => 0))
    expect([...again.all()]).toEqual([])
    const log = await openLog(again)
    expect(log.logEndOffset).toBe(0)
  })

  it('of a partition that is not there does nothing', async () => {
    const manager = await openManager(new MemoryDisk())
    await manager.delete('events', 3)
  })
})

describe('a clean stop', () => {
  it('leaves its mark, which the next start uses up', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    await openLog(manager)
    await manager.close({ brokerEpoch: 42 })
    expect(JSON.parse(textOf(disk, '/data/.kafka_cleanshutdown'))).toEqual({
      version: 0,
      brokerEpoch: 42,
    })
    await openManager(disk)
    expect(disk.files()).not.toContain('/data/.kafka_cleanshutdown')
  })

  it('may be asked for twice', async () => {
    const manager = await openManager(new MemoryDisk())
    await openLog(manager)
    await Promise.all([manager.close(), manager.close()])
  })

  it('spares the next start the reading of segments', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager)
    await appendAll(
      log,
      Array.from({ length: 40 }, () => batchOf(['x'.repeat(5000)])),
    )
    await manager.close()
    const next = disk.afterCrash('process', () => 0)
    const segment = next.inode('/data/events-0/00000000000000000000.log')
    let readBytes = 0
    segment.onRead = (bytes) => {
      readBytes += bytes
    }
    await openManager(next)
    expect(readBytes).toBeGreaterThan(0)
    expect(readBytes).toBeLessThan(20_000)
  })

  it('lets go of every file and timer', async () => {
    const disk = new MemoryDisk()
    const time = new FakeTime()
    const manager = await openManager(disk, { time })
    await appendAll(await openLog(manager), [batchOf(['x'])])
    await manager.close()
    expect(disk.openFiles).toBe(0)
    expect(time.pendingCount).toBe(0)
  })

  it('refuses appends from then on', async () => {
    const manager = await openManager(new MemoryDisk())
    const log = await openLog(manager)
    await manager.close()
    expect(() => log.append(batchOf(['x']), client)).toThrow(/closed/)
  })

  it('writes the checkpoints that Kafka reads', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager)
    await appendAll(log, [batchOf(['a', 'b']), batchOf(['c'])], 4)
    await log.deleteRecords(2)
    await manager.close()
    expect(textOf(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nevents 0 3\n')
    expect(textOf(disk, '/data/replication-offset-checkpoint')).toBe('0\n1\nevents 0 3\n')
    expect(textOf(disk, '/data/log-start-offset-checkpoint')).toBe('0\n1\nevents 0 2\n')
    expect(textOf(disk, '/data/events-0/leader-epoch-checkpoint')).toBe('0\n1\n4 2\n')
  })
})

describe('a start', () => {
  it('takes the high watermark and the log start from the checkpoints', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    const log = await openLog(manager)
    await appendAll(log, [batchOf(['a', 'b', 'c'])])
    await log.deleteRecords(2)
    await manager.close()
    const again = await openLog(await openManager(disk))
    expect(again).toMatchObject({ logStartOffset: 2, highWatermark: 3, logEndOffset: 3 })
  })

  it('goes on with checkpoints that are damaged, at the price of a scan', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    await appendAll(await openLog(manager), [batchOf(['a', 'b', 'c'])])
    await manager.close()
    for (const name of ['recovery-point-offset', 'log-start-offset', 'replication-offset']) {
      disk.inode(`/data/${name}-checkpoint`).write(Buffer.from('9'), 0)
    }
    const events = new RecordedEvents()
    const again = await openLog(await openManager(disk, { events }))
    expect(again).toMatchObject({ logStartOffset: 0, logEndOffset: 3 })
    expect(events.messages('warn').length).toBe(3)
  })

  it('keeps a folder with records but without partition.metadata, and does not serve it', async () => {
    const disk = new MemoryDisk()
    const manager = await openManager(disk)
    await appendAll(await openLog(manager), [batchOf(['a'])])
    await manager.close()
    await disk.remove('/data/events-0/partition.metadata')
    const again = await openManager(disk)
    expect(again.damaged.length).toBe(1)
    await expect(openLog(again)).rejects.toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
    expect(disk.files('/data/events-0')).toContain('/data/events-0/00000000000000000000.log')
  })

  it('does not touch folders and files that are not its own', async () => {
    const disk = new MemoryDisk()
    await disk.makeDirectory('/data/__cluster_metadata-0')
    await disk.open('/data/__cluster_metadata-0/00000000000000000000.log', 'create')
    await disk.makeDirectory('/data/lost+found')
    await disk.open('/data/notes-7', 'create')
    const manager = await openManager(disk)
    expect(manager.damaged).toEqual([])
    expect(disk.files()).toContain('/data/__cluster_metadata-0/00000000000000000000.log')
    expect(disk.files()).toContain('/data/notes-7')
  })
})

describe('recurring work', () => {
  it('writes the checkpoints while the node runs', async () => {
    const disk = new MemoryDisk()
    const time = new FakeTime()
    const log = await openLog(await openManager(disk, { time }))
    await appendAll(log, [batchOf(['a'])])
    time.advance(5000)
    await settle()
    expect(textOf(disk, '/data/replication-offset-checkpoint')).toBe('0\n1\nevents 0 1\n')
    time.advance(5000)
    await settle()
    await log.flush()
    time.advance(60_000)
    await settle()
    expect(textOf(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nevents 0 1\n')
  })

  it('goes on after a run that failed', async () => {
    const disk = new MemoryDisk()
    const time = new FakeTime()
    const events = new RecordedEvents()
    const log = await openLog(await openManager(disk, { time, events }))
    await appendAll(log, [batchOf(['a'])])
    disk.onOperation = ({ path }) =>
      path.includes('replication-offset') ? { kind: 'error', code: 'ENOSPC' } : undefined
    time.advance(5000)
    await settle()
    expect(events.messages('warn')).toEqual(['work on logs in the background failed'])
    disk.onOperation = () => undefined
    time.advance(5000)
    await settle()
    expect(disk.files()).toContain('/data/replication-offset-checkpoint')
  })

  it('forgets producers that have been silent for producer.id.expiration.ms', async () => {
    const time = new FakeTime()
    const manager = await openManager(new MemoryDisk(), {
      time,
      config: { producerIdExpirationMs: 1000, producerIdExpirationCheckIntervalMs: 500 },
    })
    const log = await openLog(manager)
    await appendAll(log, [
      batchOf(['a'], { producerId: 4, producerEpoch: 0, baseSequence: 0, timestampMs: time.now }),
    ])
    time.advance(900)
    await settle()
    expect(log.activeProducers().length).toBe(1)
    time.advance(1000)
    await settle()
    expect(log.activeProducers()).toEqual([])
  })
})

describe('updateConfig', () => {
  it('reaches every partition of the topic and no other', async () => {
    const manager = await openManager(new MemoryDisk())
    const log = await openLog(manager)
    const other = await manager.getOrCreate('other', otherTopicId, 0, logConfig)
    manager.updateConfig('events', { ...logConfig, maxMessageBytes: 100 })
    expect(() => log.append(batchOf(['x'.repeat(200)]), client)).toThrow(
      expect.objectContaining({ kafkaError: 'MESSAGE_TOO_LARGE' }),
    )
    await appendAll(other, [batchOf(['x'.repeat(200)])])
  })
})

describe('describe', () => {
  it('tells sizes and space', async () => {
    const disk = new MemoryDisk()
    disk.capacityBytes = 1_000_000
    const manager = await openManager(disk)
    const batch = batchOf(['x'])
    await appendAll(await openLog(manager), [batch])
    const [directory] = await manager.describe()
    expect(directory).toMatchObject({ path: '/data', online: true, totalBytes: 1_000_000 })
    expect(directory?.usableBytes).toBe(1_000_000 - disk.usedBytes)
    expect(directory?.logs).toEqual([{ topic: 'events', partition: 0, sizeBytes: batch.length }])
  })
})

/** Lets everything run that is under way on the disk in memory. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
}
