// Any rollout: it never takes what cannot be spared, and it comes to an end.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideRollout } from '../../../../operator/rollout/decide.ts'
import type { RolloutFacts, RolloutNode } from '../../../../operator/rollout/facts.ts'

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 7 })

const facts: fc.Arbitrary<RolloutFacts> = ids.chain((all) => {
  const node = (id: number): fc.Arbitrary<RolloutNode> =>
    fc.record({
      id: fc.constant(id),
      pod: fc.constant(`p-${id}`),
      isBroker: fc.boolean(),
      isController: fc.boolean(),
      state: fc.constantFrom(
        'missing',
        'terminating',
        'stuck',
        'starting',
        'ready',
        'ready',
        'ready',
      ),
      restartReason: fc.constantFrom(null, 'config', 'image'),
    })
  const partition = fc.subarray(all, { minLength: 1 }).chain((replicas) =>
    fc.record({
      topic: fc.constant('t'),
      index: fc.nat(9),
      replicas: fc.constant(replicas),
      isr: fc.subarray(replicas, { minLength: 1 }),
      minInsyncReplicas: fc.integer({ min: 1, max: 3 }),
    }),
  )
  const quorum = fc.subarray(all, { minLength: 1 }).chain((voters) =>
    fc.record({
      voters: fc.constant(voters),
      leaderId: fc.constantFrom(...voters),
      caughtUp: fc.subarray(voters),
    }),
  )
  return fc.record({
    nodes: fc.tuple(...all.map(node)),
    live: fc.option(fc.record({ partitions: fc.array(partition, { maxLength: 6 }), quorum })),
    heldBack: fc.option(fc.constant('window'), { freq: 8 }),
    parallelMax: fc.integer({ min: 1, max: 3 }),
  })
})

describe('any rollout', () => {
  it('takes no running pod that a partition or the quorum cannot spare', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { restart, create } = decideRollout(given)
        const nodes = new Map(given.nodes.map((node) => [node.id, node]))
        const running = restart.filter((id) => nodes.get(id)?.state === 'ready')
        for (const id of restart) expect(nodes.get(id)?.restartReason).not.toBeNull()
        for (const id of create) expect(nodes.get(id)?.state).toBe('missing')
        if (running.length === 0) return
        expect(given.heldBack).toBeNull()
        expect(given.nodes.every(({ state }) => state === 'ready')).toBe(true)
        for (const { replicas, isr, minInsyncReplicas } of given.live?.partitions ?? []) {
          const brokers = running.filter((id) => nodes.get(id)?.isBroker)
          if (!replicas.some((id) => brokers.includes(id))) continue
          if (replicas.length <= minInsyncReplicas) continue
          const left = isr.filter((id) => !brokers.includes(id)).length
          expect(left).toBeGreaterThanOrEqual(minInsyncReplicas)
        }
        const controllers = running.filter((id) => nodes.get(id)?.isController)
        expect(controllers.length).toBeLessThanOrEqual(1)
        const { voters = [], caughtUp = [] } = given.live?.quorum ?? {}
        const [controller] = controllers
        if (controller === undefined || !voters.includes(controller) || voters.length < 3) return
        const others = caughtUp.filter((id) => id !== controller).length
        expect(others).toBeGreaterThan(voters.length / 2)
      }),
      { numRuns: 2_000 },
    )
  })

  it('comes to an end when everything it asks for is done', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const healthy = given.nodes.map((node) => ({ ...node, state: 'ready' as const }))
        const voters = given.live?.quorum.voters ?? []
        const live = given.live && {
          partitions: given.live.partitions.map((p) => ({ ...p, isr: p.replicas })),
          quorum: { ...given.live.quorum, caughtUp: voters },
        }
        if (live === null || voters.length === 0) return
        let nodes: RolloutNode[] = healthy
        for (let turn = 0; turn <= healthy.length; turn++) {
          const { restart, remaining } = decideRollout({ ...given, nodes, live, heldBack: null })
          if (remaining === 0) return
          expect(restart.length).toBeGreaterThan(0)
          nodes = nodes.map((n) => (restart.includes(n.id) ? { ...n, restartReason: null } : n))
        }
        expect.unreachable('the roll never ends')
      }),
      { numRuns: 1_000 },
    )
  })
})
