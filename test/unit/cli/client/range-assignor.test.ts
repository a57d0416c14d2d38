// The range assignor, held to what Kafka's documentation of RangeAssignor says.

import { assignRanges } from '@samsa/cli/client/range-assignor'
import { describe, expect, it } from 'vitest'

const member = (memberId: string, topics: string[], groupInstanceId: string | null = null) => ({
  memberId,
  groupInstanceId,
  topics,
})

const asText = (assigned: ReturnType<typeof assignRanges>) =>
  Object.fromEntries(
    [...assigned].map(([id, list]) => [
      id,
      list.map(({ topic, partition }) => `${topic}${partition}`).join(' '),
    ]),
  )

describe('assignRanges', () => {
  it('gives runs of partitions, the first members one more', () => {
    const members = [member('C1', ['t', 'u']), member('C0', ['t', 'u'])]
    const counts = new Map([
      ['t', 3],
      ['u', 3],
    ])
    expect(asText(assignRanges(members, counts))).toEqual({ C0: 't0 t1 u0 u1', C1: 't2 u2' })
  })

  it('gives a topic only to those who subscribe to it', () => {
    const members = [member('a', ['t']), member('b', ['u'])]
    const counts = new Map([
      ['t', 2],
      ['u', 1],
    ])
    expect(asText(assignRanges(members, counts))).toEqual({ a: 't0 t1', b: 'u0' })
  })

  it('leaves members empty-handed when there are more of them than partitions', () => {
    const members = [member('a', ['t']), member('b', ['t'])]
    expect(asText(assignRanges(members, new Map([['t', 1]])))).toEqual({ a: 't0', b: '' })
  })

  it('orders static members by their instance ids, before the others', () => {
    const members = [member('a', ['t']), member('z', ['t'], 'one'), member('b', ['t'], 'two')]
    expect(asText(assignRanges(members, new Map([['t', 3]])))).toEqual({
      z: 't0',
      b: 't1',
      a: 't2',
    })
  })

  it('ignores a topic that nobody subscribes to', () => {
    expect(asText(assignRanges([member('a', ['t'])], new Map([['other', 4]])))).toEqual({ a: '' })
  })
})
