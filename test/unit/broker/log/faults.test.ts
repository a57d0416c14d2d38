// Faults at every operation, not crashes: the disk refuses once, with EIO or for want of room. What
// was acknowledged stays readable or is there after a restart; a producer that resends as clients
// do has every record in once, in order.

import { BrokerError } from '@samsa/broker/errors'
import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { describe, expect, it } from 'vitest'
import {
  FakeTime,
  openLog,
  openManager,
  readAll,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import { seededRandom } from '../../../support/disk/log-workload.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const config = { segmentBytes: 1200, indexIntervalBytes: 100 }
const batchCount = 40

/**
 * Sends batches in order, up to five in flight, and sends again from the first that was refused.
 */
class ResendingProducer {
  readonly #log: PartitionLog
  readonly #time: FakeTime
  #next: number
  acknowledged: number

  constructor(log: PartitionLog, time: FakeTime, acknowledged = 0) {
    this.#log = log
    this.#time = time
    this.#next = acknowledged
    this.acknowledged = acknowledged
  }

  /** False once the log is offline. */
  async run(): Promise<boolean> {
    const deadline = Date.now() + 5000
    while (this.acknowledged < batchCount) {
      if (!this.#log.online) return false
      const sent = await this.#sendSome()
      this.#next = this.acknowledged
      // Refused: the client waits, and so the disk gets looked at again.
      if (!sent) this.#time.advance(1100)
      if (!sent) await new Promise((resolve) => setImmediate(resolve))
      if (Date.now() > deadline) throw new Error(`stuck at batch ${this.acknowledged}`)
      this.#log.updateHighWatermark(this.#log.logEndOffset)
    }
    return true
  }

  async #sendSome(): Promise<boolean> {
    const written: Promise<void>[] = []
    let isRefused = false
    for (let index = 0; index < 5 && this.#next < batchCount; index++) {
      try {
        const batch = sequencedBatch({ producerId: 1, sequence: this.#next * 2, count: 2 })
        written.push(this.#log.append(batch, { leaderEpoch: 0, origin: 'client' }).written)
        this.#next++
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kafkaError !== 'KAFKA_STORAGE_ERROR')
          throw error
        isRefused = true
        break
      }
    }
    for (const promise of written) {
      const isWritten = await promise.then(
        () => true,
        () => false,
      )
      if (!isWritten) return false
      this.acknowledged++
    }
    return !isRefused
  }
}

async function open(
  disk: MemoryDisk,
  time: FakeTime,
): Promise<{ manager: LogManager; log: PartitionLog }> {
  const manager = await openManager(disk, { time, topicConfig: config })
  return { manager, log: await openLog(manager, config) }
}

const wholeLog = Array.from({ length: batchCount * 2 }, (_, offset) => [offset, `1/${offset}`])

/** Operations of a run without faults: where it begins to append, and where it ends. */
async function operationsOfRun(): Promise<{ first: number; last: number }> {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  const { log } = await open(disk, time)
  const first = disk.operations
  await new ResendingProducer(log, time).run()
  return { first, last: disk.operations }
}

describe('room that is wanting once, at any write', () => {
  it('loses and doubles nothing for a producer that resends', async () => {
    const { first, last } = await operationsOfRun()
    const random = seededRandom(1)
    for (let at = first; at < last; at++) {
      const disk = new MemoryDisk()
      const time = new FakeTime()
      disk.onOperation = ({ index, kind, bytes }) => {
        const isMet = index === at && (kind === 'write' || kind === 'open')
        const writtenBytes = Math.floor(random() * bytes)
        return isMet ? { kind: 'error', code: 'ENOSPC', writtenBytes } : undefined
      }
      const { log } = await open(disk, time)
      expect(await new ResendingProducer(log, time).run(), `operation ${at}`).toBe(true)
      expect(await readAll(log), `operation ${at}`).toEqual(wholeLog)
      const again = await open(disk.afterCrash('process', random), time)
      expect(await readAll(again.log), `operation ${at}, after kill -9`).toEqual(wholeLog)
    }
  }, 60_000)

  it('that comes and goes at random does the same', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(seed)
      const disk = new MemoryDisk()
      const time = new FakeTime()
      const { manager, log } = await open(disk, time)
      disk.onOperation = ({ index, kind }) => {
        if (index % 37 === 0) disk.capacityBytes = disk.usedBytes + Math.floor(random() * 2000)
        return kind === 'write' && random() < 0.1 ? { kind: 'error', code: 'ENOSPC' } : undefined
      }
      expect(await new ResendingProducer(log, time).run(), `seed ${seed}`).toBe(true)
      disk.onOperation = () => undefined
      disk.capacityBytes = Number.MAX_SAFE_INTEGER
      expect(await readAll(log), `seed ${seed}`).toEqual(wholeLog)
      await manager.close()
      const again = await open(disk.afterCrash('power', random), time)
      expect(await readAll(again.log), `seed ${seed}, after the stop`).toEqual(wholeLog)
    }
  }, 60_000)
})

describe('EIO once, at any operation', () => {
  it('loses nothing that was acknowledged: a restart has it, and the producer goes on', async () => {
    const { first, last } = await operationsOfRun()
    for (let at = first; at < last; at++) {
      const disk = new MemoryDisk()
      const time = new FakeTime()
      disk.onOperation = ({ index }) => (index === at ? { kind: 'error', code: 'EIO' } : undefined)
      const { log } = await open(disk, time)
      const producer = new ResendingProducer(log, time)
      await producer.run()
      const again = await open(
        disk.afterCrash('process', () => 0),
        time,
      )
      const found = await readAll(again.log)
      expect(found.length, `operation ${at}`).toBeGreaterThanOrEqual(producer.acknowledged * 2)
      expect(found, `operation ${at}`).toEqual(wholeLog.slice(0, found.length))
      const resumed = new ResendingProducer(again.log, time, producer.acknowledged)
      expect(await resumed.run()).toBe(true)
      expect(await readAll(again.log), `operation ${at}, sent again`).toEqual(wholeLog)
    }
  }, 60_000)
})
