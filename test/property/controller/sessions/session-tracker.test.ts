// Random lives of brokers and controllers: nobody who is heard of is fenced, and everybody who is
// gone is.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionCluster } from '../../../support/controller/sessions.ts'

const brokerIds = fc.integer({ min: 1, max: 5 })

type Step = (cluster: SessionCluster) => void

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 1_500 }).map(
    (ms): Step =>
      (cluster) =>
        cluster.run(ms),
  ),
  fc.integer({ min: 1, max: 5_000 }).map(
    (ms): Step =>
      (cluster) =>
        cluster.pauseController(ms),
  ),
  brokerIds.map(
    (id): Step =>
      (cluster) => {
        cluster.breakStream(id)
      },
  ),
  brokerIds.map(
    (id): Step =>
      (cluster) => {
        if (cluster.broker(id).alive) cluster.connect(id)
      },
  ),
  brokerIds.map(
    (id): Step =>
      (cluster) =>
        cluster.kill(id),
  ),
  brokerIds.map(
    (id): Step =>
      (cluster) => {
        cluster.broker(id).alive = !cluster.broker(id).alive
      },
  ),
  fc.boolean().map(
    (commits): Step =>
      (cluster) => {
        cluster.commits = commits
      },
  ),
  fc.tuple(brokerIds, fc.integer({ min: 0, max: 2_000 })).map(
    ([brokerId, silentMs]): Step =>
      (cluster) => {
        cluster.activate({ brokerId, silentMs })
        for (const [id, { alive }] of cluster.brokers) if (alive) cluster.connect(id)
      },
  ),
)

describe('sessions', () => {
  it('fence nobody whose heartbeats come', () => {
    const harmless = fc.oneof(
      fc.integer({ min: 1, max: 3_000 }).map(
        (ms): Step =>
          (cluster) =>
            cluster.run(ms),
      ),
      fc.integer({ min: 1, max: 9_000 }).map(
        (ms): Step =>
          (cluster) =>
            cluster.pauseController(ms),
      ),
      fc.tuple(brokerIds, fc.integer({ min: 0, max: 600 })).map(
        ([id, ms]): Step =>
          (cluster) => {
            cluster.breakStream(id)
            cluster.run(ms)
            cluster.connect(id)
          },
      ),
      fc.tuple(fc.integer({ min: 0, max: 90 }), brokerIds, fc.integer({ min: 0, max: 9_000 })).map(
        ([ms, brokerId, silentMs]): Step =>
          (cluster) => {
            cluster.activate({ brokerId, silentMs })
            cluster.run(ms)
            for (const id of cluster.brokers.keys()) cluster.connect(id)
          },
      ),
    )
    fc.assert(
      fc.property(fc.array(harmless, { maxLength: 30 }), (life) => {
        const cluster = new SessionCluster(5)
        for (const step of life) step(cluster)
        expect(cluster.fencings).toEqual([])
      }),
    )
  })

  it('settle: the living are in and the dead are out within two sessions and a little', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (life) => {
        const cluster = new SessionCluster(5)
        for (const step of life) step(cluster)
        cluster.commits = true
        for (const [id, broker] of cluster.brokers) {
          if (broker.alive) {
            broker.refuses = false
            cluster.connect(id)
          } else {
            cluster.breakStream(id)
          }
        }
        cluster.run(2 * cluster.options.sessionTimeoutMs + 500)
        for (const broker of cluster.brokers.values()) broker.appliedOffset = cluster.offset
        cluster.run(500)
        for (const { alive, fenced } of cluster.brokers.values()) expect(fenced).toBe(!alive)
      }),
    )
  })
})
