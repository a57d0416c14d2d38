// Plans over random clusters: what a plan must never break, what it must reach, and that it moves
// nothing without a reason.

import type { Plan, PlanBroker, PlanPartition } from '@samsa/cli/plan/model'
import { makePlan } from '@samsa/cli/plan/plan'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

interface Scene {
  readonly brokers: readonly PlanBroker[]
  readonly partitions: readonly PlanPartition[]
}

/** Brokers in `racks` racks (1: in none), and topics whose replicas are anywhere on them. */
function scenes({ racksMax = 1, partitionsMax = 40 } = {}): fc.Arbitrary<Scene> {
  return fc
    .record({
      brokerCount: fc.integer({ min: 1, max: 8 }),
      racks: fc.integer({ min: 1, max: racksMax }),
    })
    .chain(({ brokerCount, racks }) => {
      const brokers = Array.from({ length: brokerCount }, (_, index) => ({
        id: index + 1,
        rack: racks === 1 ? null : `rack-${index % racks}`,
      }))
      const ids = brokers.map(({ id }) => id)
      const partition = fc.record({
        topic: fc.constantFrom('a', 'b', 'c'),
        replicas: fc.shuffledSubarray(ids, { minLength: 1, maxLength: Math.min(3, brokerCount) }),
        sizeBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000 })),
      })
      return fc.array(partition, { maxLength: partitionsMax }).map((made) => ({
        brokers,
        partitions: made.map((one, index) => ({ ...one, index, leader: one.replicas[0] ?? -1 })),
      }))
    })
}

const idsOf = ({ brokers }: Scene) => brokers.map(({ id }) => id)

/** The partitions as they are once the plan is carried out. */
function carriedOut({ partitions }: Scene, { moves }: Plan): PlanPartition[] {
  const to = new Map(moves.map((move) => [move.partition, move.to]))
  return partitions.map((one) => {
    const replicas = to.get(one) ?? one.replicas
    return { ...one, replicas, leader: replicas[0] ?? -1 }
  })
}

function racksOf({ brokers }: Scene, replicas: readonly number[]): number {
  return new Set(replicas.map((id) => brokers.find((broker) => broker.id === id)?.rack)).size
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values)
}

const sumOfSquares = (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0)

describe('a plan', () => {
  it('keeps every partition on as many different targets as it had replicas', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 3 }), fc.nat(), (scene, seed) => {
        const ids = idsOf(scene)
        const most = Math.max(1, ...scene.partitions.map(({ replicas }) => replicas.length))
        const targets = ids.slice(0, most + (seed % (ids.length - most + 1)))
        const plan = makePlan({ ...scene, targets })
        for (const [index, after] of carriedOut(scene, plan).entries()) {
          expect(new Set(after.replicas).size).toBe(scene.partitions[index]?.replicas.length)
          expect(after.replicas.filter((id) => !targets.includes(id))).toEqual([])
        }
      }),
    )
  })

  it('evens out the replicas of brokers to one more or less', () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        const plan = makePlan({ ...scene, targets: idsOf(scene) })
        expect(spread(plan.after.map(({ replicas }) => replicas))).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('puts every partition on as many racks as it can be on', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 4 }), (scene) => {
        const racks = racksOf(scene, idsOf(scene))
        const plan = makePlan({ ...scene, targets: idsOf(scene) })
        for (const { replicas } of carriedOut(scene, plan)) {
          expect(racksOf(scene, replicas)).toBe(Math.min(racks, replicas.length))
        }
      }),
    )
  })

  it('chooses leaders as evenly as any choice could', () => {
    fc.assert(
      fc.property(scenes({ partitionsMax: 6 }), (scene) => {
        const plan = makePlan({ ...scene, targets: idsOf(scene), leadersOnly: true })
        const lists = carriedOut(scene, plan).map(({ replicas }) => replicas)
        const best = bestLeaders(idsOf(scene), lists)
        expect(sumOfSquares(plan.after.map(({ leaders }) => leaders))).toBe(best)
      }),
    )
  })

  it('of leaders only copies nothing', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 3 }), (scene) => {
        const plan = makePlan({ ...scene, targets: idsOf(scene), leadersOnly: true })
        expect(plan.copiedBytes).toBe(0)
        for (const { partition, to } of plan.moves) {
          expect(new Set(to)).toEqual(new Set(partition.replicas))
        }
      }),
    )
  })

  it('of what a plan made is empty', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 3 }), (scene) => {
        const targets = idsOf(scene)
        const first = makePlan({ ...scene, targets })
        const partitions = carriedOut(scene, first)
        expect(makePlan({ ...scene, partitions, targets }).moves).toEqual([])
      }),
    )
  })

  it('makes bytes no less even than counts alone would', () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        const targets = idsOf(scene)
        const even = makePlan({ ...scene, targets, leadersOnly: true })
        fc.pre(spread(even.before.map(({ replicas }) => replicas)) <= 1)
        const plan = makePlan({ ...scene, targets })
        const bytes = (loads: Plan['after']) => loads.map(({ sizeBytes }) => sizeBytes)
        expect(sumOfSquares(bytes(plan.after))).toBeLessThanOrEqual(
          sumOfSquares(bytes(plan.before)),
        )
      }),
    )
  })

  it('leaves alone what may not move', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 3 }), (scene) => {
        const isMovable = ({ topic }: PlanPartition) => topic === 'a'
        const plan = makePlan({ ...scene, targets: idsOf(scene), isMovable })
        expect(plan.moves.filter(({ partition }) => !isMovable(partition))).toEqual([])
      }),
    )
  })

  it('gives every partition the number of replicas that is asked for', () => {
    fc.assert(
      fc.property(scenes({ racksMax: 3 }), fc.integer({ min: 1, max: 3 }), (scene, wanted) => {
        const targets = idsOf(scene)
        fc.pre(targets.length >= wanted)
        const plan = makePlan({ ...scene, targets, replicationFactor: wanted })
        for (const { replicas } of carriedOut(scene, plan)) {
          expect(new Set(replicas).size).toBe(wanted)
        }
      }),
    )
  })
})

/** The least sum of squared leader counts, by trying every choice. */
function bestLeaders(ids: readonly number[], lists: readonly (readonly number[])[]): number {
  const counts = new Map(ids.map((id) => [id, 0]))
  const tryFrom = (index: number): number => {
    const replicas = lists[index]
    if (replicas === undefined) return sumOfSquares([...counts.values()])
    let best = Number.POSITIVE_INFINITY
    for (const id of replicas) {
      counts.set(id, (counts.get(id) ?? 0) + 1)
      best = Math.min(best, tryFrom(index + 1))
      counts.set(id, (counts.get(id) ?? 0) - 1)
    }
    return best
  }
  return tryFrom(0)
}
