// Names of files and folders, both ways.

import {
  deletedDirectoryName,
  isDeletedDirectory,
  offsetFileName,
  parseOffsetFileName,
  parsePartitionDirectory,
  partitionDirectoryName,
} from '@samsa/broker/log/file-names'
import { describe, expect, it } from 'vitest'

describe('files of a segment', () => {
  it('are named by 20 digits', () => {
    expect(offsetFileName(0, '.log')).toBe('00000000000000000000.log')
    expect(offsetFileName(2 ** 53 - 1, '.timeindex')).toBe('00009007199254740991.timeindex')
    expect(parseOffsetFileName('00000000000000001234.snapshot')).toEqual({
      offset: 1234,
      suffix: '.snapshot',
    })
  })

  it.each([
    '1234.log',
    '00000000000000001234',
    '00000000000000001234.log.deleted',
    '00000000000000001234.cleaned',
    '99999999999999999999.log',
    'leader-epoch-checkpoint',
  ])('are none of the kind of %s', (name) => {
    expect(parseOffsetFileName(name)).toBeNull()
  })
})

describe('folders of partitions', () => {
  it.each([
    ['events', 0],
    ['a-b-3', 17],
    ['__consumer_offsets', 49],
    ['with.dots_and-dashes', 1],
  ])('name topic %s and partition %s', (topic, partition) => {
    const name = partitionDirectoryName(topic, partition)
    expect(parsePartitionDirectory(name)).toEqual({ topic, partition })
    expect(isDeletedDirectory(name)).toBe(false)
  })

  it.each(['lost+found', 'events', 'events-', '-1', 'events-0.abc-delete', 'events-x'])(
    'are none like %s',
    (name) => {
      expect(parsePartitionDirectory(name)).toBeNull()
    },
  )

  it('that wait for their removal are told, and fit the file system', () => {
    const name = deletedDirectoryName('t'.repeat(249), 123, 'a'.repeat(22))
    expect(name.length).toBeLessThanOrEqual(255)
    expect(isDeletedDirectory(name)).toBe(true)
    expect(parsePartitionDirectory(name)).toBeNull()
    expect(isDeletedDirectory(deletedDirectoryName('events', 0, 'abc'))).toBe(true)
  })
})
