// Our handlers against what three nodes of Apache Kafka 4.3.1 answered to the same requests:
// elections, reassignments, features, the quorum, a broker that is gone. The vectors were recorded
// by playing the scenario against them (test/support/admin/record-cluster.ts).

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clusterScenario } from '../../../support/admin/cluster-scenario.ts'
import { comparable } from '../../../support/admin/comparable.ts'
import { clusterDifferences, expectedIn } from '../../../support/admin/known-differences.ts'
import { startLocalCluster } from '../../../support/admin/local-cluster.ts'
import { brokerPort } from '../../../support/admin/local-node.ts'
import { type Answer, playScenario } from '../../../support/admin/player.ts'

const vectors = new URL('../../../support/admin/vectors/kafka-4.3.1-cluster.json', import.meta.url)
const recorded = JSON.parse(readFileSync(vectors, 'utf8')) as Answer[]

const cluster = await startLocalCluster()
const answers = await playScenario(clusterScenario, {
  ask: (...asked) => cluster.ask(...asked),
  happen: (event) => cluster.happen(event),
  brokerPort,
})
await cluster.close()

describe('cluster answers', () => {
  it('are recorded for the scenario as it is', () => {
    const steps = recorded.map(({ title, api, version, request }) => ({
      title,
      api,
      version,
      request,
    }))
    const asked = clusterScenario.filter((step) => !('event' in step))
    expect(steps).toEqual(JSON.parse(JSON.stringify(asked)))
  })

  it('have differences from Kafka only in steps that there are', () => {
    const titles = recorded.map(({ title }) => title)
    expect(titles).toEqual(expect.arrayContaining(Object.keys(clusterDifferences)))
  })

  for (const [index, { title, api, version, answer }] of recorded.entries()) {
    it(`${api} ${version}: ${title}`, () => {
      const expected = expectedIn(clusterDifferences, title, answer)
      expect(comparable(answers[index]?.answer)).toEqual(comparable(expected))
    })
  }
})
