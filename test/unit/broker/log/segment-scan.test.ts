// Walking a segment: pieces, batches larger than a piece, every way for bytes to be no batch.

import { LogFile, OpenFiles } from '@samsa/broker/log/open-files'
import { type ScanOptions, scanBatches } from '@samsa/broker/log/segment-scan'
import { baseOffset, nextOffset } from '@samsa/proto/record/batch'
import { describe, expect, it } from 'vitest'
import { batchOf } from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

async function fileOf(content: Buffer): Promise<LogFile> {
  const disk = new MemoryDisk()
  const file = new LogFile(new OpenFiles(disk, 5), '/segment.log')
  await file.useOrMake((open) => open.write([content], 0))
  return file
}

function batchesOf(sizes: readonly number[], firstOffset = 0): Buffer[] {
  let offset = firstOffset
  return sizes.map((size) => {
    const batch = batchOf(['x'.repeat(size)], { baseOffset: offset })
    offset = nextOffset(batch, 0)
    return batch
  })
}

async function scan(content: Buffer, options: Partial<ScanOptions> = {}) {
  const offsets: number[] = []
  const result = await scanBatches({
    file: await fileOf(content),
    from: 0,
    to: content.length,
    nextOffset: 0,
    checkCrc: true,
    onBatch: (buffer, at) => {
      offsets.push(baseOffset(buffer, at))
    },
    ...options,
  })
  return { ...result, offsets }
}

describe('a scan', () => {
  it('gives every batch, also across pieces and larger than one', async () => {
    const batches = batchesOf([10, 700_000, 700_000, 5, 3_500_000, 20, 1_048_500, 1])
    const content = Buffer.concat(batches)
    expect(await scan(content)).toEqual({
      offsets: [0, 1, 2, 3, 4, 5, 6, 7],
      position: content.length,
      nextOffset: 8,
      damage: null,
    })
  })

  it('of nothing finds nothing', async () => {
    expect(await scan(Buffer.alloc(0))).toEqual({
      offsets: [],
      position: 0,
      nextOffset: 0,
      damage: null,
    })
  })

  it('begins where it is told, and ends before the batch at which it is told to', async () => {
    const batches = batchesOf([10, 20, 30, 40])
    const content = Buffer.concat(batches)
    const from = batches[0]?.length ?? 0
    const found: number[] = []
    const result = await scan(content, {
      from,
      onBatch: (buffer, at) => {
        if (baseOffset(buffer, at) === 3) return false
        found.push(baseOffset(buffer, at))
        return true
      },
    })
    expect(found).toEqual([1, 2])
    expect(result.position).toBe(content.length - (batches[3]?.length ?? 0))
    expect(result).toMatchObject({ nextOffset: 3, damage: null })
  })

  it('takes gaps, which compaction leaves', async () => {
    const content = Buffer.concat([...batchesOf([1], 5), ...batchesOf([1], 90)])
    expect(await scan(content)).toMatchObject({ offsets: [5, 90], damage: null })
  })

  it('tells a file that ends within a batch from one that is wrong', async () => {
    const batches = batchesOf([10, 10, 10])
    const content = Buffer.concat(batches)
    const last = content.length - (batches[2]?.length ?? 0)
    for (let to = last + 1; to < content.length; to++) {
      const result = await scan(content.subarray(0, to))
      expect(result).toMatchObject({ position: last, nextOffset: 2, damage: { isCutShort: true } })
    }
  })

  it.each([
    ['its checksum', 17, 0xff],
    ['its content', 65, 0xff],
    ['its magic', 16, 1],
  ])('ends at a batch that is wrong in %s', async (_, at, value) => {
    const batches = batchesOf([10, 10, 10])
    const content = Buffer.concat(batches)
    const start = batches[0]?.length ?? 0
    content[start + at] = value
    expect(await scan(content)).toMatchObject({
      offsets: [0],
      position: start,
      damage: { isCutShort: false },
    })
  })

  it.each([-1, 0, 48, -2_147_483_648])('ends at a batch whose length is %s', async (length) => {
    const content = Buffer.concat(batchesOf([10, 10]))
    content.writeInt32BE(length, 8)
    expect(await scan(content)).toMatchObject({
      offsets: [],
      position: 0,
      damage: { isCutShort: false },
    })
  })

  it('ends at a batch whose length goes past the file', async () => {
    const content = Buffer.concat(batchesOf([10, 10]))
    content.writeInt32BE(0x7fff_fff0, 8)
    expect(await scan(content)).toMatchObject({ offsets: [], damage: { isCutShort: true } })
  })

  it('ends at a batch whose offset is not behind the one before', async () => {
    const content = Buffer.concat([...batchesOf([1], 5), ...batchesOf([1], 5)])
    expect(await scan(content)).toMatchObject({ offsets: [5], damage: { isCutShort: false } })
  })

  it('looks at no checksum where it is not asked to', async () => {
    const content = Buffer.concat(batchesOf([10, 10]))
    content[65] = 0xff
    expect(await scan(content, { checkCrc: false })).toMatchObject({
      offsets: [0, 1],
      damage: null,
    })
  })
})
