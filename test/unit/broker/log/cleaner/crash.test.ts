// A node that dies at any step of a cleaning: nothing is lost, nothing that was deleted is back,
// and the next cleaning comes to the same end.

import { expect, it } from 'vitest'
import {
  cleanAll,
  compacted,
  openCompacted,
  recordsOf,
  roll,
} from '../../../../support/disk/compacted-log.ts'
import { CompactionModel, type ModelStep } from '../../../../support/disk/compaction-model.ts'
import { FakeTime, openManager, RecordedEvents } from '../../../../support/disk/log-fixture.ts'
import { seededRandom } from '../../../../support/disk/log-workload.ts'
import { type Fault, MemoryDisk } from '../../../../support/disk/memory-disk.ts'

const topicConfig = { ...compacted, segmentBytes: 1500 }

function steps(): ModelStep[] {
  const random = seededRandom(7)
  return Array.from({ length: 24 }, (_, index) => ({
    records: Array.from({ length: 3 }, () => {
      const key = `key-${Math.floor(random() * 15)}`
      return [key, random() < 0.3 ? null : `${index} ${'x'.repeat(random() * 60)}`] as const
    }),
    compression: index % 5 === 0 ? ('lz4' as const) : ('none' as const),
    producer: index % 5,
    end: index % 9 === 8 ? ('abort' as const) : index % 7 === 0 ? ('commit' as const) : 'none',
    timestampMs: new FakeTime().now + index,
  }))
}

/** A log that was written and cleaned, written again and is to be cleaned once more. */
async function prepare() {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  const model = new CompactionModel()
  const manager = await openManager(disk, { time, topicConfig })
  const log = await openCompacted(manager, topicConfig)
  const all = steps()
  for (const step of all.slice(0, 14)) await model.apply(log, step)
  await model.endAll(log)
  await roll(log)
  await cleanAll(manager)
  for (const step of all.slice(14)) await model.apply(log, step)
  await model.endAll(log)
  await roll(log)
  // The tombstones of the first cleaning may go in the second.
  time.now += 60_000
  return { disk, time, model, manager, log }
}

async function operationsOfCleaning(): Promise<number> {
  const { disk, manager } = await prepare()
  const before = disk.operations
  await cleanAll(manager)
  return disk.operations - before
}

async function reopen(disk: MemoryDisk, time: FakeTime) {
  const events = new RecordedEvents()
  const manager = await openManager(disk, { time, events, topicConfig })
  const log = await openCompacted(manager, topicConfig)
  log.updateHighWatermark(log.logEndOffset)
  return { manager, log, events }
}

async function crashAt(step: number, kind: 'process' | 'power'): Promise<void> {
  const { disk, time, model, manager, log } = await prepare()
  const end = log.logEndOffset
  const from = disk.operations
  disk.onOperation = ({ index, bytes }): Fault | undefined =>
    index === from + step ? { kind: 'crash', writtenBytes: Math.floor(bytes / 2) } : undefined
  await cleanAll(manager).catch(() => undefined)
  const random = seededRandom(step)
  const after = disk.afterCrash(kind, random)
  const again = await reopen(after, time)
  const where = `${kind} crash at operation ${step}`
  expect(again.manager.damaged, where).toEqual([])
  expect(again.log.logEndOffset, where).toBe(end)
  expect(await model.faults(again.log), where).toEqual([])
  expect(
    after.files().filter((name) => /cleaned$|swap$/.test(name)),
    where,
  ).toEqual([])
  await cleanAll(again.manager)
  expect(await model.faults(again.log), where).toEqual([])
  expect(again.events.messages('error'), where).toEqual([])
  const keys = (await recordsOf(again.log)).map(({ key }) => key)
  const once = keys.filter((key) => key !== 'filler')
  expect(new Set(once).size, where).toBe(once.length)
}

it.each(['process', 'power'] as const)(
  'survives a %s crash at every operation',
  async (kind) => {
    const count = await operationsOfCleaning()
    expect(count).toBeGreaterThan(50)
    for (let step = 0; step < count; step++) await crashAt(step, kind)
  },
  120_000,
)

it('goes on where a disk was full at any operation', async () => {
  const count = await operationsOfCleaning()
  for (let step = 0; step < count; step += 7) {
    const { disk, time, model, manager, log } = await prepare()
    const from = disk.operations
    disk.onOperation = ({ index, kind }): Fault | undefined =>
      index === from + step && kind === 'write' ? { kind: 'error', code: 'ENOSPC' } : undefined
    await cleanAll(manager).catch(() => undefined)
    disk.onOperation = () => undefined
    expect(await model.faults(log)).toEqual([])
    const again = await reopen(
      disk.afterCrash('process', () => 0),
      time,
    )
    await cleanAll(again.manager)
    expect(await model.faults(again.log)).toEqual([])
  }
}, 60_000)
