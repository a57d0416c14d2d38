// The small text files beside the logs: Kafka's form both ways, and every kind of damage told.

import {
  CheckpointDamagedError,
  formatCheckpoint,
  parseCheckpoint,
  parseCheckpointNumber,
} from '@samsa/broker/log/checkpoint/checkpoint-text'
import { LeaderEpochs } from '@samsa/broker/log/checkpoint/leader-epochs'
import {
  claimDirectory,
  ForeignDirectoryError,
  readMetaProperties,
} from '@samsa/broker/log/checkpoint/meta-properties'
import { OffsetCheckpoint } from '@samsa/broker/log/checkpoint/offset-checkpoint'
import {
  readPartitionMetadata,
  writePartitionMetadata,
} from '@samsa/broker/log/checkpoint/partition-metadata'
import { describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../../../support/disk/memory-disk.ts'

const noDamage = (error: Error): never => {
  throw error
}

describe('the text of a checkpoint', () => {
  it('is a version, a count, and a line an entry', () => {
    expect(formatCheckpoint(['a 0 1', 'b 1 2']).toString()).toBe('0\n2\na 0 1\nb 1 2\n')
    expect(formatCheckpoint([]).toString()).toBe('0\n0\n')
  })

  it('may have spaces and line ends as other systems write them', () => {
    expect(parseCheckpoint(Buffer.from('0\r\n1\r\na  0   1\r\n'), 'f', 3)).toEqual([
      ['a', '0', '1'],
    ])
  })

  it.each([
    ['nothing', ''],
    ['another version', '1\n0\n'],
    ['no count', '0\n'],
    ['fewer entries than it claims', '0\n2\na 0 1\n'],
    ['more entries than it claims', '0\n0\na 0 1\n'],
    ['a line of too few fields', '0\n1\na 0\n'],
    ['a line of too many fields', '0\n1\na 0 1 2\n'],
  ])('is damaged with %s', (_, content) => {
    expect(() => parseCheckpoint(Buffer.from(content), 'f', 3)).toThrow(CheckpointDamagedError)
  })

  it.each(['', 'x', '1.5', '0x10', '99999999999999999999', undefined])(
    'has no number in %s',
    (text) => {
      expect(() => parseCheckpointNumber(text, 'f')).toThrow(CheckpointDamagedError)
    },
  )
})

describe('an offset checkpoint', () => {
  it('is read as it was written, topics with dashes too', async () => {
    const disk = new MemoryDisk()
    const checkpoint = new OffsetCheckpoint(disk, '/', 'offsets')
    const offsets = new Map([
      ['events-0', 5],
      ['my-topic-with-3-12', 2 ** 52],
    ])
    await checkpoint.write(offsets)
    expect(disk.inode('/offsets').bytes().toString()).toBe(
      `0\n2\nevents 0 5\nmy-topic-with-3 12 ${2 ** 52}\n`,
    )
    expect(await checkpoint.read(noDamage)).toEqual(offsets)
  })

  it('is empty when there is none', async () => {
    expect(await new OffsetCheckpoint(new MemoryDisk(), '/', 'offsets').read(noDamage)).toEqual(
      new Map(),
    )
  })

  it('ends as the last write asked for, whatever came at once', async () => {
    const disk = new MemoryDisk()
    const checkpoint = new OffsetCheckpoint(disk, '/', 'offsets')
    await Promise.all([1, 2, 3].map((offset) => checkpoint.write(new Map([['t-0', offset]]))))
    expect(await checkpoint.read(noDamage)).toEqual(new Map([['t-0', 3]]))
  })

  it('holds the old or the new offsets whole after power loss at any operation', async () => {
    for (let at = 0; at < 14; at++) {
      const disk = new MemoryDisk()
      await new OffsetCheckpoint(disk, '/', 'offsets').write(new Map([['t-0', 1]]))
      const start = disk.operations
      disk.onOperation = ({ index }) => (index === start + at ? { kind: 'crash' } : undefined)
      const written = await new OffsetCheckpoint(disk, '/', 'offsets')
        .write(new Map([['t-0', 2]]))
        .then(
          () => true,
          () => false,
        )
      for (let seed = 0; seed < 5; seed++) {
        const left = disk.afterCrash('power', () => seed / 5)
        const found = await new OffsetCheckpoint(left, '/', 'offsets').read(noDamage)
        expect(written ? [2] : [1, 2]).toContain(found.get('t-0'))
      }
    }
  })
})

describe('leader epochs', () => {
  function epochs(...starts: readonly (readonly [number, number])[]): LeaderEpochs {
    const made = new LeaderEpochs()
    for (const [epoch, offset] of starts) made.assign(epoch, offset)
    return made
  }
  const startsOf = (of: LeaderEpochs) =>
    of.starts.map(({ epoch, startOffset }) => [epoch, startOffset])

  it('are read as they were written', () => {
    const content = epochs([0, 0], [3, 17], [4, 20]).encode()
    expect(content.toString()).toBe('0\n3\n0 0\n3 17\n4 20\n')
    expect(startsOf(LeaderEpochs.decode(content, 'f'))).toEqual([
      [0, 0],
      [3, 17],
      [4, 20],
    ])
  })

  it('keep the first start of an epoch', () => {
    expect(startsOf(epochs([1, 5], [1, 9]))).toEqual([[1, 5]])
  })

  it('drop what a new entry contradicts', () => {
    expect(startsOf(epochs([1, 5], [2, 9], [3, 9]))).toEqual([
      [1, 5],
      [3, 9],
    ])
    expect(startsOf(epochs([1, 5], [4, 9], [2, 12]))).toEqual([
      [1, 5],
      [2, 12],
    ])
    expect(startsOf(epochs([1, 5], [2, 9], [3, 2]))).toEqual([[3, 2]])
  })

  it('are cut from the end', () => {
    const cut = epochs([1, 5], [2, 9], [3, 12])
    cut.truncateFromEnd(13)
    expect(cut.latest).toBe(3)
    cut.truncateFromEnd(12)
    expect(cut.latest).toBe(2)
    cut.truncateFromEnd(6)
    expect(startsOf(cut)).toEqual([[1, 5]])
    cut.truncateFromEnd(0)
    expect(cut.latest).toBe(-1)
  })

  it('are cut from the start, where the one that goes on begins anew', () => {
    const cut = epochs([1, 5], [2, 9], [3, 12])
    cut.truncateFromStart(4)
    expect(startsOf(cut)[0]).toEqual([1, 5])
    cut.truncateFromStart(10)
    expect(startsOf(cut)).toEqual([
      [2, 10],
      [3, 12],
    ])
    cut.truncateFromStart(12)
    expect(startsOf(cut)).toEqual([[3, 12]])
    cut.truncateFromStart(100)
    expect(startsOf(cut)).toEqual([[3, 100]])
  })

  it('have a version that moves with every change, and only then', () => {
    const made = epochs([1, 5])
    const { version } = made
    made.assign(1, 7)
    made.truncateFromEnd(100)
    made.truncateFromStart(5)
    expect(made.version).toBe(version)
    made.assign(2, 7)
    expect(made.version).toBe(version + 1)
  })
})

describe('partition.metadata', () => {
  it('is Kafka’s', async () => {
    const disk = new MemoryDisk()
    const id = 'wQvt2RSaRYuwT2FYia2L5A'
    await writePartitionMetadata(disk, '/', id)
    expect(disk.inode('/partition.metadata').bytes().toString()).toBe(
      `version: 0\ntopic_id: ${id}\n`,
    )
    expect(await readPartitionMetadata(disk, '/')).toBe(id)
  })

  it.each(['', 'version: 0\n', 'version: 0\ntopic_id: short\n'])(
    'that is torn (%j) is none',
    async (content) => {
      const disk = new MemoryDisk()
      const file = await disk.open('/partition.metadata', 'create')
      await file.write([Buffer.from(content)], 0)
      expect(await readPartitionMetadata(disk, '/')).toBeNull()
    },
  )
})

describe('meta.properties', () => {
  const owner = { clusterId: 'c', nodeId: 3 }

  async function withFile(content: string): Promise<MemoryDisk> {
    const disk = new MemoryDisk()
    const file = await disk.open('/meta.properties', 'create')
    await file.write([Buffer.from(content)], 0)
    return disk
  }

  it('is read as Kafka writes it', async () => {
    const disk = await withFile(
      '#\n#Sat Nov 21 2026\nnode.id=3\nversion=1\ndirectory.id=xyz\ncluster.id=c\n',
    )
    expect(await readMetaProperties(disk, '/')).toEqual({
      clusterId: 'c',
      nodeId: 3,
      directoryId: 'xyz',
    })
    expect(await claimDirectory(disk, '/', owner, () => 'new')).toMatchObject({
      directoryId: 'xyz',
    })
  })

  it('gets the id that a directory of an older Kafka lacks', async () => {
    const disk = await withFile('version=1\ncluster.id=c\nnode.id=3\n')
    expect(await claimDirectory(disk, '/', owner, () => 'new')).toMatchObject({
      directoryId: 'new',
    })
    expect(await readMetaProperties(disk, '/')).toMatchObject({ directoryId: 'new' })
  })

  it('keeps others out', async () => {
    const disk = await withFile('version=1\ncluster.id=c\nnode.id=4\ndirectory.id=xyz\n')
    await expect(claimDirectory(disk, '/', owner, () => 'new')).rejects.toBeInstanceOf(
      ForeignDirectoryError,
    )
  })
})
