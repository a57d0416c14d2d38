// Plans in print and in files: what is shown, and that what is printed as JSON is taken back.

import { PassThrough } from 'node:stream'
import type { Io } from '@samsa/cli/command/io'
import { planJson, printPlan } from '@samsa/cli/format/plan'
import { parsePlanFile } from '@samsa/cli/format/plan-file'
import type { PlanPartition } from '@samsa/cli/plan/model'
import { givenPlan, makePlan } from '@samsa/cli/plan/plan'
import { describe, expect, it } from 'vitest'

const brokers = [1, 2, 3].map((id) => ({ id, rack: null }))
const partitions: PlanPartition[] = [0, 1, 2, 3].map((index) => ({
  topic: 'orders',
  index,
  replicas: [1],
  leader: 1,
  sizeBytes: 1_000 * (index + 1),
}))
const request = { brokers, partitions, targets: [1, 2] }

async function printed(print: (io: Io) => Promise<void>): Promise<string> {
  const stdout = new PassThrough()
  await print({ stdout } as unknown as Io)
  return (stdout.read() as Buffer).toString()
}

describe('a plan in print', () => {
  it('says what moves where and what each broker carries then', async () => {
    const plan = makePlan(request)
    expect(await printed((io) => printPlan(io, plan))).toBe(`2 partitions change, 5.0 kB to copy
PARTITION  FROM  TO  SIZE
orders-0   1     2   1.0 kB
orders-3   1     2   4.0 kB

BROKER  REPLICAS  PREFERRED LEADER  DATA               LED
     1  4 -> 2    4 -> 2            10.0 kB -> 5.0 kB  10.0 kB -> 5.0 kB
     2  0 -> 2    0 -> 2            0 B -> 5.0 kB      0 B -> 5.0 kB
     3  0         0                 0 B                0 B
`)
  })

  it('says that there is nothing to do', async () => {
    const plan = makePlan({ ...request, targets: [1] })
    expect(await printed((io) => printPlan(io, plan))).toBe('nothing to move\n')
  })
})

describe('a plan in a file', () => {
  it('is what was printed', () => {
    const plan = makePlan(request)
    const wanted = parsePlanFile(JSON.stringify(planJson(plan)))
    expect(givenPlan(request, wanted).moves).toEqual(plan.moves)
  })

  it("is Kafka's form, whatever else is in it", () => {
    const text = `{"version":1,"partitions":[
      {"topic":"orders","partition":2,"replicas":[3,2],"log_dirs":["any","any"]}]}`
    const { moves, copiedBytes } = givenPlan(request, parsePlanFile(text))
    expect(moves).toMatchObject([{ partition: { index: 2 }, to: [3, 2] }])
    expect(copiedBytes).toBe(6_000)
  })

  const one = '{"topic":"orders","partition":0,"replicas":[1]}'
  it.each([
    ['', 'not JSON'],
    ['[]', 'no list of partitions'],
    ['null', 'not an object'],
    ['{"partitions":[5]}', 'partition 0 of the plan is not an object'],
    ['{"partitions":[{"topic":"orders","replicas":[1]}]}', 'needs a topic and the number'],
    ['{"partitions":[{"topic":"orders","partition":0,"replicas":["1"]}]}', 'not a list of brokers'],
    [`{"partitions":[${one},${one}]}`, 'a partition twice'],
  ])('is refused as %s', (text, why) => {
    expect(() => parsePlanFile(text)).toThrow(why)
  })

  it.each([
    [{ topic: 'orders', index: 9, replicas: [1] }, 'there is no partition orders-9'],
    [{ topic: 'orders', index: 0, replicas: [7] }, 'there is no broker 7'],
    [{ topic: 'orders', index: 0, replicas: [] }, 'must be different brokers'],
    [{ topic: 'orders', index: 0, replicas: [2, 2] }, 'must be different brokers'],
  ])('is refused when the cluster has no such thing: %j', (wanted, why) => {
    expect(() => givenPlan(request, [wanted])).toThrow(why)
  })
})

describe('makePlan', () => {
  it('refuses what too few brokers cannot hold', () => {
    expect(() => makePlan({ ...request, targets: [] })).toThrow('no broker to plan for')
    expect(() => makePlan({ ...request, replicationFactor: 3 })).toThrow(
      'orders-0 needs more brokers than the 2 that it may be on',
    )
  })

  it('drops other replicas than the leader when there are to be fewer', () => {
    const wide = partitions.map((one) => ({ ...one, replicas: [3, 1, 2], leader: 2 }))
    const plan = makePlan({ brokers, partitions: wide, targets: [1, 2, 3], replicationFactor: 1 })
    // The leaders all were broker 2, and then are spread.
    expect(plan.after.map(({ replicas }) => replicas)).toEqual([1, 2, 1])
    expect(plan.moves.filter(({ to }) => to[0] === 2)).toHaveLength(2)
  })
})
