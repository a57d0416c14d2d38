// Where the replicas of new partitions go.

import type { BrokerImage } from '@samsa/controller/image'
import { placeReplicas } from '@samsa/controller/placement'
import { describe, expect, it } from 'vitest'
import { type BrokerSketch, imageWith } from '../../support/controller/controllers.ts'
import { seededRandom } from '../../support/controller/random.ts'

function place(
  sketches: readonly BrokerSketch[],
  partitionCount: number,
  replicationFactor: number,
  random: (bound: number) => number = (bound) => bound - 1,
): number[][] {
  const brokers: Iterable<BrokerImage> = imageWith(sketches).brokers.values()
  return placeReplicas({ brokers, partitionCount, replicationFactor, random })
}

function counts(ids: readonly number[]): Record<number, number> {
  const count: Record<number, number> = {}
  for (const id of ids) count[id] = (count[id] ?? 0) + 1
  return count
}

function spread(ids: readonly number[]): number {
  const values = Object.values(counts(ids))
  return Math.max(...values) - Math.min(...values)
}

const six: BrokerSketch[] = [0, 1, 2, 3, 4, 5].map((id) => ({ id }))
const threeRacks: BrokerSketch[] = [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: `r${id % 3}` }))

describe('the placement of replicas', () => {
  it('lets every broker lead and follow equally often', () => {
    const placed = place(six, 60, 3)
    expect(spread(placed.map(([leader]) => leader ?? -1))).toBe(0)
    expect(spread(placed.flat())).toBe(0)
  })

  it('gives each partition one replica a rack', () => {
    const placed = place(threeRacks, 60, 3)
    for (const replicas of placed) expect(new Set(replicas.map((id) => id % 3)).size).toBe(3)
    expect(spread(placed.map(([leader]) => leader ?? -1))).toBe(0)
    expect(spread(placed.flat())).toBe(0)
  })

  it('does not put the same brokers together every time', () => {
    const random = seededRandom(1)
    const placed = place(threeRacks, 60, 3, (bound) => Math.floor(random() * bound))
    const together = new Set(placed.map((replicas) => replicas.toSorted((a, b) => a - b).join()))
    expect(together.size).toBeGreaterThan(4)
  })

  it('uses a rack twice only when there are more replicas than racks', () => {
    for (const replicas of place(threeRacks, 12, 5)) {
      expect(new Set(replicas).size).toBe(5)
      expect(Math.max(...Object.values(counts(replicas.map((id) => id % 3))))).toBe(2)
    }
  })

  it('takes fenced brokers last, and never as leaders', () => {
    const brokers = [{ id: 0 }, { id: 1, fenced: true }, { id: 2 }]
    for (const replicas of place(brokers, 12, 2)) expect(replicas).not.toContain(1)
    for (const replicas of place(brokers, 12, 3)) {
      expect(replicas[0]).not.toBe(1)
      expect(replicas.toSorted((a, b) => a - b)).toEqual([0, 1, 2])
    }
  })

  it('finds a leader when all of a rack is fenced', () => {
    const brokers = [
      { id: 0, rack: 'a', fenced: true },
      { id: 1, rack: 'b' },
    ]
    for (const replicas of place(brokers, 4, 2)) expect(replicas).toEqual([1, 0])
  })

  it('refuses more replicas than brokers, and a cluster that is all fenced', () => {
    expect(() => place([{ id: 0 }], 1, 2)).toThrow('only 1 broker(s) are registered')
    expect(() => place([], 1, 1)).toThrow('only 0 broker(s) are registered')
    expect(() => place([{ id: 0, fenced: true }], 1, 1)).toThrow('All brokers are currently fenced')
  })
})
