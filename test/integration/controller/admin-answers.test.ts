// The admin scenario against a whole node in a process of its own: over the socket, with topics
// that have logs, our answers are still those of Apache Kafka.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectedOf } from '../../support/admin/known-differences.ts'
import { type Answer, type Ask, play } from '../../support/admin/player.ts'
import { Cluster } from '../../support/conformance/cluster.ts'
import { KafkaClient } from '../../support/kafka-client.ts'

const vectors = new URL('../../support/admin/vectors/kafka-4.3.1.json', import.meta.url)
const recorded = JSON.parse(readFileSync(vectors, 'utf8')) as Answer[]

let cluster: Cluster
let client: KafkaClient
beforeAll(async () => {
  cluster = await Cluster.start({ kind: 'samsa' })
  client = await KafkaClient.connect({ port: cluster.port })
})
afterAll(async () => {
  await client.close()
  await cluster.close()
})

describe('a node', () => {
  it('answers admins as Apache Kafka does', async () => {
    const ask: Ask = (api, version, request) => client.send(api, version, request as never)
    const answers = await play(ask, { brokerPort: cluster.port })
    for (const [index, { title, api, version, answer }] of recorded.entries()) {
      const expected = expectedOf(title, answer)
      expect(withoutControllers(answers[index]?.answer), `${api} ${version}: ${title}`).toEqual(
        withoutControllers(expected),
      )
    }
  })
})

/** `dev` gives the controller no listener of Kafka's protocol. */
function withoutControllers(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (key, value: unknown) =>
    key === 'nodes' ? undefined : value,
  )
}
