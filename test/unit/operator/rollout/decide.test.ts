// The rules of a rollout, one by one.

import { describe, expect, it } from 'vitest'
import { decideRollout } from '../../../../operator/rollout/decide.ts'
import type {
  PartitionFacts,
  RolloutFacts,
  RolloutNode,
} from '../../../../operator/rollout/facts.ts'

const node = (id: number, over: Partial<RolloutNode> = {}): RolloutNode => ({
  id,
  pod: `c-${id}`,
  isBroker: true,
  isController: false,
  state: 'ready',
  restartReason: 'config',
  ...over,
})

const partition = (over: Partial<PartitionFacts> = {}): PartitionFacts => ({
  topic: 't',
  index: 0,
  replicas: [0, 1, 2],
  isr: [0, 1, 2],
  minInsyncReplicas: 2,
  ...over,
})

function facts(nodes: RolloutNode[], over: Partial<RolloutFacts> = {}): RolloutFacts {
  const voters = nodes.filter(({ isController }) => isController).map(({ id }) => id)
  return {
    nodes,
    live: {
      partitions: [partition()],
      quorum: { voters, leaderId: voters[0] ?? -1, caughtUp: voters },
    },
    heldBack: null,
    parallelMax: 1,
    ...over,
  }
}

const withPartitions = (nodes: RolloutNode[], ...partitions: PartitionFacts[]) => {
  const base = facts(nodes)
  return { ...base, live: base.live && { ...base.live, partitions } }
}

describe('a rollout', () => {
  it('has nothing to do where all pods are as they should be', () => {
    const decision = decideRollout(facts([node(0, { restartReason: null })]))
    expect(decision).toEqual({
      create: [],
      restart: [],
      next: null,
      reason: null,
      remaining: 0,
      blockedBy: [],
    })
  })

  it('replaces one broker at a time', () => {
    expect(decideRollout(facts([node(0), node(1), node(2)])).restart).toEqual([0])
  })

  it('makes what is missing before anything else, and waits for it', () => {
    const decision = decideRollout(facts([node(0), node(1, { state: 'missing' }), node(2)]))
    expect(decision.create).toEqual([1])
    expect(decision.restart).toEqual([])
    expect(decision.blockedBy).toEqual(['pod c-1 is being made'])
  })

  it('waits for pods that come and go', () => {
    const starting = node(1, { state: 'starting', restartReason: null })
    expect(decideRollout(facts([node(0), starting])).blockedBy).toEqual([
      'pod c-1 is not ready yet',
    ])
    const stopping = node(1, { state: 'terminating' })
    expect(decideRollout(facts([node(0), stopping])).restart).toEqual([])
  })

  it('repairs what is stuck without waiting, all of it at once', () => {
    const stuck = [0, 1, 2].map((id) => node(id, { state: 'stuck', isController: true }))
    expect(decideRollout(facts(stuck, { live: null })).restart).toEqual([0, 1, 2])
  })

  it('does not touch what is stuck and as it should be: a new pod would be the same', () => {
    const nodes = [node(0, { state: 'stuck', restartReason: null }), node(1)]
    const decision = decideRollout(facts(nodes))
    expect(decision.restart).toEqual([])
    expect(decision.blockedBy).toEqual(['pod c-0 is stuck'])
  })

  it('goes brokers first, controllers after, the active one at the very end', () => {
    const nodes = [
      node(0, { isController: true, isBroker: false }),
      node(1, { isController: true, isBroker: false }),
      node(2, { isController: true, isBroker: false }),
      node(3),
    ]
    const order: number[] = []
    for (let left = nodes; left.some(({ restartReason }) => restartReason !== null); ) {
      const [id] = decideRollout(withPartitions(left)).restart
      if (id === undefined) break
      order.push(id)
      left = left.map((n) => (n.id === id ? { ...n, restartReason: null } : n))
    }
    expect(order).toEqual([3, 1, 2, 0])
  })

  it('never goes below min.insync.replicas, and says which partition is in the way', () => {
    const decision = decideRollout(
      withPartitions([node(0), node(1), node(2)], partition({ isr: [0, 1] })),
    )
    expect(decision.restart).toEqual([])
    expect(decision.next).toBe(0)
    expect(decision.blockedBy).toEqual([
      't-0: 1 in-sync replicas would be left, min.insync.replicas is 2',
    ])
  })

  it('does not wait for a partition that can never spare a replica', () => {
    const alone = partition({ replicas: [0], isr: [0], minInsyncReplicas: 2 })
    expect(decideRollout(withPartitions([node(0), node(1)], alone)).restart).toEqual([0])
  })

  it('does not stop a broker that may be the one to bring a partition back', () => {
    const poor = partition({ isr: [1] })
    expect(decideRollout(withPartitions([node(0)], poor)).restart).toEqual([])
  })

  it('keeps a majority of the voters that is level with the leader', () => {
    const nodes = [0, 1, 2].map((id) => node(id, { isController: true, isBroker: false }))
    const base = facts(nodes)
    const lagging = { voters: [0, 1, 2], leaderId: 0, caughtUp: [0, 1] }
    const decision = decideRollout({ ...base, live: { partitions: [], quorum: lagging } })
    expect(decision.restart).toEqual([])
    expect(decision.blockedBy[0]).toContain('only 1 of the other voters')
  })

  it('takes brokers together that share no partition', () => {
    const nodes = [0, 1, 2, 3, 4, 5].map((id) => node(id))
    const halves = [partition(), partition({ index: 1, replicas: [3, 4, 5], isr: [3, 4, 5] })]
    const base = withPartitions(nodes, ...halves)
    expect(decideRollout({ ...base, parallelMax: 3 }).restart).toEqual([0, 3])
  })

  it('waits for a window or an approval, but not to repair', () => {
    const nodes = [node(0), node(1, { state: 'stuck' })]
    const decision = decideRollout(facts(nodes, { heldBack: 'no approval' }))
    expect(decision.restart).toEqual([1])
    expect(decision.blockedBy).toEqual(['no approval'])
  })

  it('does not guess about a cluster that cannot be asked', () => {
    const decision = decideRollout(facts([node(0), node(1)], { live: null }))
    expect(decision.restart).toEqual([])
    expect(decision.blockedBy).toEqual(['the cluster cannot be asked how it is'])
  })
})
