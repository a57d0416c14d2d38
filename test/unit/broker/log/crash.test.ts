// Crashes at every operation of the disk, and power losses, in the middle of a random run: what was
// promised is there afterwards, what is there is what was written, and the log goes on.

import { describe, expect, it } from 'vitest'
import {
  openLog,
  openManager,
  RecordedEvents,
  readAll,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import {
  type Expectation,
  LogWorkload,
  producerId,
  seededRandom,
} from '../../../support/disk/log-workload.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

type CrashKind = 'process' | 'power'

async function operationsOf(seed: number, flushMessages: number): Promise<number> {
  const disk = new MemoryDisk()
  await new LogWorkload(disk, { seed, steps: 40, flushMessages }).run()
  return disk.operations
}

async function crashAt(seed: number, flushMessages: number, at: number, kind: CrashKind) {
  const random = seededRandom(seed * 7919 + at)
  const disk = new MemoryDisk()
  disk.onOperation = ({ index, bytes }) =>
    index === at ? { kind: 'crash', writtenBytes: Math.floor(random() * (bytes + 1)) } : undefined
  const workload = new LogWorkload(disk, { seed, steps: 40, flushMessages })
  // Where the crash meets work in the background, the run may come to its end all the same.
  await workload.run().catch(() => undefined)
  expect(disk.crashed).toBe(true)
  return { disk: disk.afterCrash(kind, random), expectation: workload.expectation }
}

async function checkAfter(disk: MemoryDisk, expected: Expectation, kind: CrashKind): Promise<void> {
  const events = new RecordedEvents()
  const manager = await openManager(disk, { events, topicConfig: { segmentBytes: 700 } })
  expect(manager.damaged).toEqual([])
  const log = await openLog(manager, { segmentBytes: 700 })
  const promised = kind === 'process' ? expected.acknowledgedEnd : expected.durableEnd
  expect(log.logEndOffset).toBeGreaterThanOrEqual(Math.min(promised, expected.cutTo))
  expect(log.logStartOffset).toBeGreaterThanOrEqual(kind === 'process' ? expected.startMin : 0)
  expect(log.logStartOffset).toBeLessThanOrEqual(expected.startMax)
  const found = await readAll(log)
  expect(found.map(([offset]) => offset)).toEqual(
    Array.from(found, (_, index) => log.logStartOffset + index),
  )
  expect(log.logStartOffset + found.length).toBe(log.logEndOffset)
  for (const [offset, value] of found) expect(value).toBe(expected.values.get(offset))
  await checkProducer(log, expected)
  await manager.close()
}

/**
 * The producer's last batch that is in the log is known as a duplicate, and the next sequence is
 * taken.
 */
async function checkProducer(
  log: Awaited<ReturnType<typeof openLog>>,
  expected: Expectation,
): Promise<void> {
  const kept = [...expected.sequences].filter(
    ([offset, { count }]) => offset >= log.logStartOffset && offset + count <= log.logEndOffset,
  )
  const last = kept.at(-1)
  if (last === undefined) return
  const [offset, { sequence, count }] = last
  const again = log.append(sequencedBatch({ producerId, sequence, count }), {
    leaderEpoch: 1000,
    origin: 'client',
  })
  expect({ duplicate: again.duplicate, baseOffset: again.baseOffset }).toEqual({
    duplicate: true,
    baseOffset: offset,
  })
  const next = log.append(sequencedBatch({ producerId, sequence: sequence + count }), {
    leaderEpoch: 1000,
    origin: 'client',
  })
  await next.written
  expect(next.duplicate).toBe(false)
}

describe.each([
  { seed: 1, flushMessages: 1, stride: 1 },
  { seed: 2, flushMessages: Number.MAX_SAFE_INTEGER, stride: 3 },
  { seed: 3, flushMessages: 5, stride: 3 },
])('a log whose flush.messages is $flushMessages', ({ seed, flushMessages, stride }) => {
  it.each<CrashKind>(['process', 'power'])(
    'survives a crash (%s) at any operation',
    async (kind) => {
      const count = await operationsOf(seed, flushMessages)
      for (let at = seed % stride; at < count; at += stride) {
        try {
          const { disk, expectation } = await crashAt(seed, flushMessages, at, kind)
          await checkAfter(disk, expectation, kind)
        } catch (error) {
          const what = `seed ${seed}, crash (${kind}) at operation ${at} of ${count}`
          throw new Error(what, { cause: error })
        }
      }
    },
    120_000,
  )
})
