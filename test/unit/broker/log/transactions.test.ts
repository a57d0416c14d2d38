// Transactions as consumers see them: the last stable offset, and the aborted transactions of what
// is read (KIP-98).

import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  openLog,
  openManager,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

class Transactions {
  readonly log: PartitionLog
  readonly #sequences = new Map<number, number>()

  constructor(log: PartitionLog) {
    this.log = log
  }

  async write(producerId: number): Promise<number> {
    const sequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, sequence + 1)
    const batch = sequencedBatch({ producerId, sequence, isTransactional: true })
    const append = this.log.append(batch, { leaderEpoch: 0, origin: 'client' })
    await append.written
    this.log.updateHighWatermark(this.log.logEndOffset)
    return append.baseOffset
  }

  async end(type: 'commit' | 'abort', producerId: number): Promise<void> {
    const batch = encodeEndTransactionMarker(
      { type, coordinatorEpoch: 0 },
      { producerId, producerEpoch: 0, timestampMs: 1_700_000_000_000 },
    )
    await this.log.append(batch, { leaderEpoch: 0, origin: 'coordinator' }).written
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  async aborted(offset: number, maxBytes = 1 << 20) {
    const read = await this.log.read({
      offset,
      maxBytes,
      minOneBatch: true,
      upTo: this.log.lastStableOffset,
      abortedTransactions: true,
    })
    return read.abortedTransactions
  }
}

async function open(
  config = {},
): Promise<{ disk: MemoryDisk; manager: LogManager; txns: Transactions }> {
  const disk = new MemoryDisk()
  const manager = await openManager(disk, { topicConfig: config })
  return { disk, manager, txns: new Transactions(await openLog(manager, config)) }
}

describe('the last stable offset', () => {
  it('is the high watermark without transactions', async () => {
    const { txns } = await open()
    await appendAll(txns.log, [batchOf(['a', 'b'])])
    expect(txns.log.lastStableOffset).toBe(2)
  })

  it('stays at the oldest open transaction', async () => {
    const { txns } = await open()
    await txns.write(1)
    await txns.write(2)
    await txns.write(1)
    expect(txns.log.lastStableOffset).toBe(0)
    await txns.end('commit', 1)
    expect(txns.log.lastStableOffset).toBe(1)
    await txns.end('abort', 2)
    expect(txns.log.lastStableOffset).toBe(5)
  })

  it('is never below the log start', async () => {
    const { manager, txns } = await open()
    await txns.write(1)
    await txns.write(2)
    await txns.log.deleteRecords(1)
    expect(txns.log.lastStableOffset).toBe(1)
    await manager.close()
  })

  it('waits for the marker to be replicated', async () => {
    const { txns } = await open()
    await txns.write(1)
    const marker = encodeEndTransactionMarker(
      { type: 'commit', coordinatorEpoch: 0 },
      { producerId: 1, producerEpoch: 0, timestampMs: 1_700_000_000_000 },
    )
    await txns.log.append(marker, { leaderEpoch: 0, origin: 'coordinator' }).written
    expect(txns.log.lastStableOffset).toBe(0)
    txns.log.updateHighWatermark(2)
    expect(txns.log.lastStableOffset).toBe(2)
  })

  it.each(['process', 'power'] as const)(
    'is the same after a stop and a crash (%s)',
    async (kind) => {
      const { disk, manager, txns } = await open()
      await txns.write(1)
      await txns.end('commit', 1)
      await txns.write(2)
      await manager.close()
      const again = await openManager(disk.afterCrash(kind, () => 0))
      const log = await openLog(again)
      log.updateHighWatermark(log.logEndOffset)
      expect(log.lastStableOffset).toBe(2)
      expect(log.activeProducers().find((row) => row.producerId === 2)?.currentTxnStartOffset).toBe(
        2,
      )
    },
  )
})

describe('the aborted transactions of a read', () => {
  it('are not told where nobody asks', async () => {
    const { txns } = await open()
    await txns.write(1)
    await txns.end('abort', 1)
    const read = await txns.log.read({
      offset: 0,
      maxBytes: 1000,
      minOneBatch: true,
      upTo: 2,
      abortedTransactions: false,
    })
    expect(read.abortedTransactions).toBeNull()
  })

  it('are those that overlap the range, sorted by first offset', async () => {
    const { txns } = await open()
    for (const id of [1, 2, 3]) await txns.write(id)
    for (const id of [3, 2]) await txns.end('abort', id)
    await txns.end('commit', 1)
    expect(await txns.aborted(0)).toEqual([
      { producerId: 2, firstOffset: 1 },
      { producerId: 3, firstOffset: 2 },
    ])
  })

  it('do not include those that ended before, or begin behind, what is read', async () => {
    const { txns } = await open()
    await txns.write(1)
    await txns.end('abort', 1)
    await appendAll(txns.log, [batchOf(['between'])])
    await txns.write(2)
    await txns.end('abort', 2)
    expect(await txns.aborted(2, 1)).toEqual([])
    expect(await txns.aborted(0, 1)).toEqual([{ producerId: 1, firstOffset: 0 }])
  })

  it('are found across segments, after a stop, and after recovery', async () => {
    const config = { segmentBytes: 250 }
    const { disk, manager, txns } = await open(config)
    await txns.write(1)
    for (let index = 0; index < 10; index++) {
      await txns.write(2)
      await txns.end(index % 2 === 0 ? 'abort' : 'commit', 2)
    }
    await txns.end('abort', 1)
    expect(txns.log.segmentCount).toBeGreaterThan(4)
    const all: unknown[] = []
    for (let offset = 0; offset < txns.log.logEndOffset; offset++)
      all.push(await txns.aborted(offset, 1))
    expect(all[0]).toEqual([{ producerId: 1, firstOffset: 0 }])
    expect(all[1]).toEqual([
      { producerId: 1, firstOffset: 0 },
      { producerId: 2, firstOffset: 1 },
    ])
    expect(all[3]).toEqual([{ producerId: 1, firstOffset: 0 }])
    const killed = disk.afterCrash('process', () => 0)
    await manager.close()
    for (const left of [killed, disk.afterCrash('power', () => 0)]) {
      const again = await openManager(left, { topicConfig: config })
      const reopened = new Transactions(await openLog(again, config))
      reopened.log.updateHighWatermark(reopened.log.logEndOffset)
      const found: unknown[] = []
      for (let offset = 0; offset < reopened.log.logEndOffset; offset++) {
        found.push(await reopened.aborted(offset, 1))
      }
      expect(found).toEqual(all)
    }
  })

  it('are forgotten with what is cut off', async () => {
    const { txns } = await open()
    await txns.write(1)
    await txns.write(2)
    await txns.end('abort', 1)
    await txns.end('abort', 2)
    await txns.log.truncateTo(3)
    txns.log.updateHighWatermark(3)
    expect(txns.log.lastStableOffset).toBe(1)
    expect(txns.log.activeProducers().map((row) => row.currentTxnStartOffset)).toEqual([-1, 1])
    await txns.end('commit', 2)
    expect(await txns.aborted(0)).toEqual([{ producerId: 1, firstOffset: 0 }])
  })
})
