// Where replicas go when brokers leave and when their number changes.

import { describe, expect, it } from 'vitest'
import { planDrain, planReplicas } from '../../../../operator/rollout/replica-moves.ts'

const broker = (id: number, over: object = {}) => ({ id, isFenced: false, rack: null, ...over })
const partition = (index: number, replicas: number[], over: object = {}) => ({
  topic: 't',
  index,
  replicas,
  isr: replicas,
  leader: replicas[0] ?? -1,
  minInsyncReplicas: 1,
  ...over,
})

describe('a drain', () => {
  it('moves what the leaving brokers hold, in its place, and nothing else', () => {
    const brokers = [0, 1, 2, 3].map((id) => broker(id))
    const partitions = [partition(0, [3, 0]), partition(1, [0, 1]), partition(2, [0, 3])]
    expect(planDrain({ brokers, partitions }, [3])).toEqual({
      moves: [
        { topic: 't', partition: 0, replicas: [2, 0] },
        { topic: 't', partition: 2, replicas: [0, 1] },
      ],
      problem: null,
    })
  })

  it('takes nothing to a broker that is down, and nothing from it', () => {
    const brokers = [broker(0), broker(1, { isFenced: true }), broker(2), broker(3)]
    const { moves } = planDrain({ brokers, partitions: [partition(0, [1, 3])] }, [3])
    expect(moves).toEqual([{ topic: 't', partition: 0, replicas: [1, 0] }])
  })

  it('keeps replicas in as many racks as there are', () => {
    const brokers = ['a', 'a', 'b', 'b'].map((rack, id) => broker(id, { rack }))
    const partitions = [partition(0, [0, 3]), partition(1, [2, 1]), partition(2, [2, 1])]
    const { moves } = planDrain({ brokers, partitions }, [3])
    expect(moves).toEqual([{ topic: 't', partition: 0, replicas: [0, 2] }])
  })

  it('says when too few brokers would be left', () => {
    const brokers = [broker(0), broker(1)]
    const { moves, problem } = planDrain({ brokers, partitions: [partition(0, [0, 1])] }, [1])
    expect(moves).toEqual([])
    expect(problem).toContain('t-0')
  })
})

describe('a change of the number of replicas', () => {
  it('adds behind those that are there, to the emptiest brokers', () => {
    const brokers = [0, 1, 2].map((id) => broker(id))
    const partitions = [partition(0, [0]), partition(0, [1], { topic: 'u' })]
    const { moves } = planReplicas({ brokers, partitions }, 't', 2)
    expect(moves).toEqual([{ topic: 't', partition: 0, replicas: [0, 2] }])
  })

  it('drops who is not in sync before who is, and never the leader', () => {
    const brokers = [0, 1, 2].map((id) => broker(id))
    const late = partition(0, [0, 1, 2], { isr: [0, 2], leader: 2 })
    const one = planReplicas({ brokers, partitions: [late] }, 't', 2)
    expect(one.moves).toEqual([{ topic: 't', partition: 0, replicas: [0, 2] }])
    const two = planReplicas({ brokers, partitions: [late] }, 't', 1)
    expect(two.moves).toEqual([{ topic: 't', partition: 0, replicas: [2] }])
  })

  it('says when there are too few brokers', () => {
    const brokers = [broker(0), broker(1, { isFenced: true })]
    const { problem } = planReplicas({ brokers, partitions: [partition(0, [0])] }, 't', 2)
    expect(problem).toContain('t-0')
  })
})
