// The local metadata log case by case; crashes at random are in the property test.

import {
  encodeBatch,
  encodeHeader,
  MetadataLogDamagedError,
} from '@samsa/controller/local-log/format'
import {
  type CommittedBatch,
  LostLeadershipError,
  type MetadataLogListener,
  type MetadataSnapshot,
  NotLeaderError,
} from '@samsa/controller/metadata-log'
import { describe, expect, it } from 'vitest'
import { localLog, nodeId } from '../../support/controller/controllers.ts'
import { MemoryStorage, type OperationKind } from '../../support/controller/memory-storage.ts'

const segment = '00000000000000000000.log'

class Recorder implements MetadataLogListener {
  readonly events: string[] = []
  readonly texts: string[] = []
  epoch = -1
  failOnCommit = false

  onSnapshot({ offset, records }: MetadataSnapshot): void {
    this.texts.splice(0, this.texts.length, ...[...records].map(String))
    this.events.push(`snapshot ${offset}`)
  }

  onCommit({ baseOffset, records }: CommittedBatch): void {
    if (this.failOnCommit) throw new Error('cannot apply')
    this.texts.push(...records.map(String))
    this.events.push(`commit ${baseOffset}+${records.length}`)
  }

  onLeaderChange({ leaderId, epoch }: { leaderId: number; epoch: number }): void {
    this.epoch = leaderId === nodeId ? epoch : -1
    this.events.push(leaderId === -1 ? `resigned ${epoch}` : `leader ${epoch}`)
  }

  onFault(error: Error): void {
    this.events.push(`fault ${error.message}`)
  }
}

async function started(storage: MemoryStorage) {
  const recorder = new Recorder()
  const log = localLog(storage)
  await log.start(recorder)
  const append = (...texts: string[]) =>
    log.append(
      recorder.epoch,
      texts.map((text) => Buffer.from(text)),
    )
  return { log, recorder, append }
}

async function texts(storage: MemoryStorage): Promise<string[]> {
  const { recorder } = await started(storage)
  return recorder.texts
}

/** What is asked of the disk from now on. */
function recorded(storage: MemoryStorage): OperationKind[] {
  const kinds: OperationKind[] = []
  storage.onOperation = (kind) => kinds.push(kind)
  return kinds
}

/** A log of single-record batches 'r0', 'r1'…, left by a kill: nothing was closed. */
async function storageWith(count: number): Promise<MemoryStorage> {
  const storage = new MemoryStorage()
  const { append } = await started(storage)
  for (let index = 0; index < count; index++) await append(`r${index}`)
  return storage
}

describe('LocalLog', () => {
  it('leads from its start, and delivers what it committed before that', async () => {
    const storage = new MemoryStorage()
    const first = await started(storage)
    expect(first.recorder.events).toEqual(['leader 1'])
    expect(await first.append('a', 'b')).toBe(1)
    expect(await first.append('c')).toBe(2)
    await first.log.close()

    const second = await started(storage)
    expect(second.recorder.events).toEqual(['commit 0+2', 'commit 2+1', 'leader 2'])
    expect(await second.append('d')).toBe(3)
    expect(second.recorder.texts).toEqual(['a', 'b', 'c', 'd'])
  })

  it('commits before it resolves, so that the caller finds its records applied', async () => {
    const { append, recorder } = await started(new MemoryStorage())
    await append('a')
    expect(recorder.texts).toEqual(['a'])
  })

  it('shares one sync among the appends that wait for it', async () => {
    const storage = new MemoryStorage()
    const { append } = await started(storage)
    const operations = recorded(storage)
    const first = append('first')
    // The first is on its way to the disk when the others come.
    await Promise.resolve()
    await Promise.resolve()
    const others = Array.from({ length: 50 }, (_, index) => append(`other ${index}`))
    await Promise.all([first, ...others])
    expect(operations).toEqual(['write', 'sync', 'write', 'sync'])
    expect(await texts(storage)).toHaveLength(51)
  })

  it('refuses an append of another epoch', async () => {
    const { log, recorder } = await started(new MemoryStorage())
    await expect(log.append(recorder.epoch + 1, [Buffer.from('x')])).rejects.toThrow(NotLeaderError)
  })

  it('tells the quorum of one voter', async () => {
    const { log, append } = await started(new MemoryStorage())
    await append('a', 'b', 'c')
    expect(log.status()).toEqual({
      leaderId: nodeId,
      epoch: 1,
      highWatermark: 3,
      voters: [
        {
          replicaId: nodeId,
          directoryId: 'directory-000000000001',
          logEndOffset: 3,
          lastFetchTimestampMs: 1_700_000_000_000,
          lastCaughtUpTimestampMs: 1_700_000_000_000,
        },
      ],
      observers: [],
    })
  })

  it('closes once, and takes nothing afterwards', async () => {
    const { log, append, recorder } = await started(new MemoryStorage())
    const last = append('last')
    await Promise.all([log.close(), log.close()])
    expect(await last).toBe(0)
    await expect(log.append(recorder.epoch, [Buffer.from('x')])).rejects.toThrow(NotLeaderError)
    expect(log.status().leaderId).toBe(-1)
  })
})

describe('LocalLog with a failing disk', () => {
  it('undoes a write that failed and goes on in a new epoch', async () => {
    const storage = new MemoryStorage()
    const { append, recorder } = await started(storage)
    await append('before')
    storage.onOperation = (kind) => {
      if (kind === 'write') throw new Error('ENOSPC')
    }
    const refused = [append('a'), append('b')]
    for (const attempt of refused) await expect(attempt).rejects.toThrow(NotLeaderError)
    expect(recorder.events.slice(-2)).toEqual(['resigned 1', 'leader 2'])
    storage.onOperation = () => undefined
    expect(await append('after')).toBe(1)
    expect(await texts(storage)).toEqual(['before', 'after'])
  })

  it('gives up for good when a sync fails, and leaves the append uncertain', async () => {
    const storage = new MemoryStorage()
    const { append, recorder } = await started(storage)
    storage.onOperation = (kind) => {
      if (kind === 'sync') throw new Error('EIO')
    }
    await expect(append('a')).rejects.toThrow(LostLeadershipError)
    expect(recorder.events.slice(-2)).toEqual(['resigned 1', 'fault EIO'])
    storage.onOperation = () => undefined
    await expect(append('b')).rejects.toThrow(NotLeaderError)
  })

  it('gives up when what is committed cannot be applied', async () => {
    const { append, recorder } = await started(new MemoryStorage())
    recorder.failOnCommit = true
    const attempts = [append('a'), append('b')]
    for (const attempt of attempts) await expect(attempt).rejects.toThrow(LostLeadershipError)
    expect(recorder.events.slice(-2)).toEqual(['resigned 1', 'fault cannot apply'])
  })

  it('serves on when a snapshot cannot be written, and writes the next', async () => {
    const storage = new MemoryStorage()
    const { append, recorder, log } = await started(storage)
    await append('a')
    const snapshot = { offset: 0, epoch: recorder.epoch, records: [Buffer.from('a')] }
    storage.onOperation = (kind, name) => {
      if (kind === 'create' && name.includes('snapshot')) throw new Error('ENOSPC')
    }
    await expect(log.writeSnapshot(snapshot)).rejects.toThrow('ENOSPC')
    await append('b')
    storage.onOperation = () => undefined
    await log.writeSnapshot(snapshot)
    expect(await texts(storage)).toEqual(['a', 'b'])
  })
})

describe('LocalLog after a crash', () => {
  it('cuts a tail that was torn, wherever in it', async () => {
    const { length } = (await storageWith(3)).files.get(segment) ?? Buffer.alloc(0)
    const shorter = (await storageWith(2)).files.get(segment)?.length ?? 0
    for (let size = shorter; size < length; size++) {
      const storage = await storageWith(3)
      storage.damage(segment, (content) => content.subarray(0, size))
      expect(await texts(storage)).toEqual(['r0', 'r1'])
    }
  })

  it('cuts a torn write of which a later part arrived, so that it never comes back', async () => {
    const storage = new MemoryStorage()
    const { append } = await started(storage)
    await append('r0')
    const size = storage.files.get(segment)?.length ?? 0
    await Promise.all([append('r1'), append('r2')])
    // r1 is torn and r2, of the same write, is whole.
    storage.damage(segment, (content) => content.fill(0, size, size + 20))
    const again = await started(storage)
    expect(again.recorder.texts).toEqual(['r0'])
    await again.append('x1')
    expect(await texts(storage)).toEqual(['r0', 'x1'])
  })

  it('tells how much it cut', async () => {
    const storage = await storageWith(3)
    storage.damage(segment, (content) => content.subarray(0, content.length - 1))
    const cuts: number[][] = []
    const log = localLog(storage, { onTornTail: (...cut) => cuts.push(cut) })
    await log.start(new Recorder())
    expect(cuts).toEqual([[38, 2]])
  })

  it('takes zeros behind the log for what they are', async () => {
    const storage = await storageWith(2)
    storage.damage(segment, (content) => Buffer.concat([content, Buffer.alloc(500)]))
    expect(await texts(storage)).toEqual(['r0', 'r1'])
  })

  it('refuses a log with any bit flipped in what a later write relied on', async () => {
    const intact = (await storageWith(4)).files.get(segment) ?? Buffer.alloc(0)
    const durable = (await storageWith(3)).files.get(segment)?.length ?? 0
    for (let position = 0; position < durable; position++) {
      const storage = await storageWith(4)
      storage.damage(segment, (content) => {
        content[position] = (content[position] ?? 0) ^ (1 << (position % 8))
        return content
      })
      await expect(texts(storage)).rejects.toThrow(MetadataLogDamagedError)
      expect(storage.files.get(segment)?.length).toBe(intact.length)
    }
  })

  it('names the offset at which it is damaged', async () => {
    const storage = await storageWith(4)
    storage.damage(segment, (content) => content.fill(0xff, 110, 112))
    await expect(texts(storage)).rejects.toThrow(/batch of offset 2, at byte \d+, is damaged/)
  })

  it('refuses a log that ends before it did at a clean stop', async () => {
    const storage = new MemoryStorage()
    const { append, log } = await started(storage)
    await append('a')
    await append('b')
    await log.close()
    storage.damage(segment, (content) => content.subarray(0, content.length - 1))
    await expect(texts(storage)).rejects.toThrow('ends at offset 1, but it was durable up to 2')
  })

  it('refuses a log of a later format, and one of something else', async () => {
    const storage = await storageWith(1)
    storage.damage(segment, (content) => {
      const header = encodeHeader('snapshot', 0)
      return Buffer.concat([header, content.subarray(header.length)])
    })
    await expect(texts(storage)).rejects.toThrow('this is no log')
    storage.damage(segment, () => Buffer.from('not at all a metadata log'))
    await expect(texts(storage)).rejects.toThrow('no file of a metadata log')
  })

  it('refuses a batch that is whole but out of place', async () => {
    const storage = await storageWith(2)
    const stray = encodeBatch({ baseOffset: 5, epoch: 1, records: [Buffer.from('x')] }, 0)
    storage.damage(segment, (content) => Buffer.concat([content, stray]))
    await expect(texts(storage)).rejects.toThrow('where offset 2 and an epoch from 1 on were due')
  })
})

describe('snapshots of LocalLog', () => {
  async function withSnapshot() {
    const storage = new MemoryStorage()
    const running = await started(storage)
    await running.append('a', 'b')
    await running.append('c')
    const records = ['A', 'B', 'C'].map((text) => Buffer.from(text))
    await running.log.writeSnapshot({ offset: 2, epoch: running.recorder.epoch, records })
    await running.append('d')
    return { storage, ...running }
  }

  it('stand for all up to their offset, and the log before them goes', async () => {
    const { storage } = await withSnapshot()
    const again = await started(storage)
    expect(again.recorder.events).toEqual(['snapshot 2', 'commit 3+1', 'leader 2'])
    expect(again.recorder.texts).toEqual(['A', 'B', 'C', 'd'])
    expect(Object.keys(storage.fileSizes).sort()).toEqual([
      '00000000000000000002-0000000001.snapshot',
      '00000000000000000003.log',
    ])
  })

  it('may end within a batch', async () => {
    const storage = new MemoryStorage()
    const { append, log, recorder } = await started(storage)
    await append('a', 'b', 'c')
    const records = [Buffer.from('A'), Buffer.from('B')]
    await log.writeSnapshot({ offset: 1, epoch: recorder.epoch, records })
    expect(await texts(storage)).toEqual(['A', 'B', 'c'])
  })

  it('that are older than the newest change nothing', async () => {
    const { storage, log, recorder } = await withSnapshot()
    await log.writeSnapshot({ offset: 1, epoch: recorder.epoch, records: [] })
    expect(await texts(storage)).toEqual(['A', 'B', 'C', 'd'])
  })

  it('are refused with any bit flipped, and when cut short', async () => {
    const name = '00000000000000000002-0000000001.snapshot'
    const { storage } = await withSnapshot()
    const size = storage.fileSizes[name] ?? 0
    for (let position = 0; position < size; position++) {
      const { storage: flipped } = await withSnapshot()
      flipped.damage(name, (content) => {
        content[position] = (content[position] ?? 0) ^ (1 << (position % 8))
        return content
      })
      await expect(texts(flipped)).rejects.toThrow(MetadataLogDamagedError)
      const { storage: cut } = await withSnapshot()
      cut.damage(name, (content) => content.subarray(0, position))
      await expect(texts(cut)).rejects.toThrow(MetadataLogDamagedError)
    }
  })

  it('are needed: without them the log has a gap', async () => {
    const { storage } = await withSnapshot()
    await storage.remove('00000000000000000002-0000000001.snapshot')
    await expect(texts(storage)).rejects.toThrow(
      'begins at offset 3, but what comes before it ends',
    )
  })

  it('leave no gap when the log in between is gone', async () => {
    const { storage, append, log, recorder } = await withSnapshot()
    const records = ['A', 'B', 'C', 'D'].map((text) => Buffer.from(text))
    await append('e')
    // The older segment stays: it holds 'e', which this snapshot does not.
    await log.writeSnapshot({ offset: 3, epoch: recorder.epoch, records })
    await append('f')
    expect(await texts(storage)).toEqual(['A', 'B', 'C', 'D', 'e', 'f'])
    await storage.remove('00000000000000000003.log')
    await expect(texts(storage)).rejects.toThrow(MetadataLogDamagedError)
  })

  it('survive a kill before their name is durable, then a loss of power', async () => {
    const storage = await storageWith(3)
    const { log, recorder } = await started(storage)
    let renamed = false
    storage.onOperation = (kind, name) => {
      if (kind === 'rename' && name.includes('snapshot')) renamed = true
      else if (renamed) throw new Error('killed')
    }
    const records = ['r0', 'r1', 'r2'].map((text) => Buffer.from(text))
    const epoch = recorder.epoch
    await log.writeSnapshot({ offset: 2, epoch, records }).catch(() => undefined)
    expect(renamed).toBe(true)
    storage.kill()
    // The next start finds the snapshot and removes the log before it. Then the power goes: the
    // first changes of names that were not synced are lost, the others stay.
    await started(storage)
    let choice = 0
    storage.random = () => (choice++ < 2 ? 0.9 : 0.1)
    storage.crash()
    expect(await texts(storage)).toEqual(['r0', 'r1', 'r2'])
  })

  it('stop when the log closes', async () => {
    const storage = new MemoryStorage()
    const { append, log, recorder } = await started(storage)
    await append('a')
    let writing: Promise<void> | undefined
    await new Promise<void>((resolve) => {
      const endless = function* () {
        for (let made = 0; ; made++) {
          if (made === 20) resolve()
          yield Buffer.alloc(10_000)
        }
      }
      writing = log.writeSnapshot({ offset: 0, epoch: recorder.epoch, records: endless() })
    })
    const stopped = expect(writing).rejects.toThrow('closing')
    await log.close()
    await stopped
    expect(await texts(storage)).toEqual(['a'])
  })
})
