// Calls that go together.

import { describe, expect, it } from 'vitest'
import { Batch } from '../../../../operator/cluster/batch.ts'

function counting(sizeMax: number, run?: (items: readonly number[]) => Promise<number[]>) {
  const batches: number[][] = []
  const batch = new Batch<number, number>({
    lingerMs: 1,
    sizeMax,
    run: async (items) => {
      batches.push([...items])
      return run === undefined ? items.map((item) => item * 2) : run(items)
    },
  })
  return { batch, batches }
}

describe('a batch', () => {
  it('takes along what comes at about the same time, and answers each its own', async () => {
    const { batch, batches } = counting(100)
    expect(await Promise.all([1, 2, 3].map((item) => batch.add(item)))).toEqual([2, 4, 6])
    expect(await batch.add(4)).toBe(8)
    expect(batches).toEqual([[1, 2, 3], [4]])
  })

  it('is bounded', async () => {
    const { batch, batches } = counting(2)
    await Promise.all([1, 2, 3, 4, 5].map((item) => batch.add(item)))
    expect(batches).toEqual([[1, 2], [3, 4], [5]])
  })

  it('fails each of its calls, and none of the next', async () => {
    let isFirst = true
    const { batch } = counting(2, async (items) => {
      if (!isFirst) return [...items]
      isFirst = false
      throw new Error('broken')
    })
    const both = await Promise.allSettled([batch.add(1), batch.add(2)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await batch.add(3)).toBe(3)
  })
})
