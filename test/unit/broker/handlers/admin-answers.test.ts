// Our handlers against what Apache Kafka 4.3.1 answered to the same requests: error codes,
// messages, defaults, paging, config sources. The vectors were recorded by playing the scenario
// against it (test/conformance/admin).

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectedOf, knownDifferences } from '../../../support/admin/known-differences.ts'
import { brokerPort, startLocalNode } from '../../../support/admin/local-node.ts'
import { type Answer, play } from '../../../support/admin/player.ts'
import { adminScenario } from '../../../support/admin/scenario.ts'

const vectors = new URL('../../../support/admin/vectors/kafka-4.3.1.json', import.meta.url)
const recorded = JSON.parse(readFileSync(vectors, 'utf8')) as Answer[]

const node = await startLocalNode()
const answers = await play((...asked) => node.ask(...asked), { brokerPort })
await node.close()

describe('admin answers', () => {
  it('are recorded for the scenario as it is', () => {
    const steps = recorded.map(({ title, api, version, request }) => ({
      title,
      api,
      version,
      request,
    }))
    expect(steps).toEqual(JSON.parse(JSON.stringify(adminScenario)))
  })

  it('have differences from Kafka only in steps that there are', () => {
    const titles = adminScenario.map(({ title }) => title)
    expect(titles).toEqual(expect.arrayContaining(Object.keys(knownDifferences)))
  })

  for (const [index, { title, api, version, answer }] of recorded.entries()) {
    it(`${api} ${version}: ${title}`, () => {
      expect(answers[index]?.answer).toEqual(expectedOf(title, answer))
    })
  }
})
