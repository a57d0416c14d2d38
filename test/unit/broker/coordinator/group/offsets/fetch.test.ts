// OffsetFetch: what is durable, for one group and several.

import { zeroUuid } from '@samsa/proto/wire/types'
import { describe, expect, it } from 'vitest'
import { GroupDriver } from '../../../../../support/group-driver.ts'

const oldId = 'b2xkLXRvcGljLWlkLS0tLS'
const newId = 'bmV3LXRvcGljLWlkLS0tLS'

function withCommit(): GroupDriver {
  const driver = new GroupDriver()
  driver.commit('a', { 't-0': 5, 'u-3': 9 })
  driver.take()
  return driver
}

describe('OffsetFetch', () => {
  it('gives the partitions asked for, -1 where nothing was committed', () => {
    const driver = withCommit()
    driver.fetch({ partitions: ['t-0', 't-1', 'x-0'] })
    expect(driver.take()).toEqual(['admin fetchOffsets: t-0=5 t-1=-1 x-0=-1'])
  })

  it('gives all of the group when none are asked for', () => {
    const driver = withCommit()
    driver.fetch()
    expect(driver.take()).toEqual(['admin fetchOffsets: t-0=5 u-3=9'])
  })

  it('finds nothing where there is no group, which is no error', () => {
    const driver = withCommit()
    driver.fetch({ groupId: 'other', partitions: ['t-0'] })
    driver.fetch({ groupId: 'other' })
    expect(driver.take()).toEqual(['admin fetchOffsets: t-0=-1', 'admin fetchOffsets: '])
  })

  it('gives leader epoch and metadata back as they were committed', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 }, { metadata: 'm' })
    const response = driver.responses.get(driver.fetch())
    expect(response).toEqual({
      groupId: 'g',
      errorCode: 0,
      topics: [
        {
          name: 't',
          topicId: zeroUuid,
          partitions: [
            {
              partitionIndex: 0,
              committedOffset: 5,
              committedLeaderEpoch: 3,
              metadata: 'm',
              errorCode: 0,
            },
          ],
        },
      ],
    })
  })

  it('finds nothing for a topic that was made anew under its name', () => {
    const driver = new GroupDriver()
    const partition = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1 }
    driver.commit(
      'a',
      {},
      {
        topics: [
          { name: 't', topicId: oldId, partitions: [{ ...partition, committedMetadata: '' }] },
        ],
      },
    )
    driver.take()
    driver.fetch({ partitions: ['t-0'], topicId: newId })
    driver.fetch({ partitions: ['t-0'], topicId: oldId })
    driver.fetch({ partitions: ['t-0'] })
    expect(driver.take()).toEqual([
      'admin fetchOffsets: t-0=-1',
      'admin fetchOffsets: t-0=5',
      'admin fetchOffsets: t-0=5',
    ])
  })
})

describe('a stable fetch', () => {
  it('waits for the commits that are on their way', () => {
    const driver = withCommit()
    driver.holdWrites = true
    driver.commit('a', { 't-0': 6 })
    driver.commit('a', { 't-0': 7 })
    driver.take()
    driver.fetch({ requireStable: true, partitions: ['t-0'] })
    driver.fetch({ requireStable: false, partitions: ['t-0'] })
    driver.commit('a', { 't-0': 8 })
    driver.endWrite()
    driver.endWrite()
    expect(driver.take()).toEqual([
      'admin fetchOffsets: t-0=5',
      'write offset g t-0=8',
      'a commitOffsets: NONE',
      'a commitOffsets: NONE',
      'admin fetchOffsets: t-0=7',
    ])
  })

  it('is answered with what there is when such a commit fails', () => {
    const driver = withCommit()
    driver.holdWrites = true
    driver.commit('a', { 't-0': 6 })
    driver.fetch({ requireStable: true, partitions: ['t-0'] })
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(driver.take().at(-1)).toBe('admin fetchOffsets: t-0=5')
  })

  it('is answered at once when nothing is on its way', () => {
    const driver = withCommit()
    driver.fetch({ requireStable: true, partitions: ['t-0'] })
    expect(driver.take()).toEqual(['admin fetchOffsets: t-0=5'])
  })
})
