// @samsa/client on three nodes, while leaders go: what was acknowledged is read, once each and in
// order, by a reader that follows the leaders, too.

import { connect } from '@samsa/client/client'
import { describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { samsaGrpcPort } from '../../support/conformance/samsa-server.ts'
import { createTopic } from '../../support/storage/topics.ts'

const partitions = 3

async function withCluster(work: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ kind: 'samsa', nodes: 3 })
  try {
    await work(cluster)
  } catch (error) {
    // What went wrong first is what counts.
    await cluster.kill9()
    throw error
  } finally {
    await cluster.close()
  }
}

const timeoutMs = 120_000

describe('nothing is lost or doubled under appends and a reader', () => {
  it('while one node after another is killed', { timeout: timeoutMs }, () =>
    withCluster((cluster) =>
      appendAndRead(cluster, async ([first, ...others], whileGone) => {
        for (const node of [...others, first]) {
          await Promise.all([whileGone(), node?.kill9()])
          await node?.start()
        }
      }),
    ),
  )

  it('while a node stops in order, and comes back', { timeout: timeoutMs }, () =>
    withCluster((cluster) =>
      appendAndRead(cluster, async ([first], whileGone) => {
        await Promise.all([whileGone(), first?.stop()])
        await first?.start()
      }),
    ),
  )
})

type Disturb = (nodes: Cluster['nodes'], whileGone: () => Promise<void>) => Promise<void>

async function appendAndRead(cluster: Cluster, disturb: Disturb): Promise<void> {
  const shape = { partitions, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
  const topic = await createTopic(cluster.port, 'leaders', shape)
  const bootstrap = cluster.nodes.map(({ port }) => `127.0.0.1:${samsaGrpcPort(port)}`)
  const client = await connect({ bootstrap })
  const leaving = new AbortController()
  const read = emptyLists()
  const seen = { count: 0 }
  const reading = (async () => {
    for await (const record of client.reader({ topic, signal: leaving.signal })) {
      const values = read.get(record.partition)
      expect(record.offset).toBe(values?.length)
      values?.push(record.value?.toString() ?? '')
      seen.count++
    }
  })()
  try {
    const producer = client.producer()
    const sent = emptyLists()
    const append = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const appends = [...sent].map(([partition, values]) => {
          const value = `${partition}-${values.length}`
          values.push(value)
          return producer.send({ topic, partition, value })
        })
        await Promise.all(appends)
      }
    }
    await append(30)
    await disturb(cluster.nodes, () => append(100))
    await append(30)
    const total = [...sent.values()].reduce((sum, { length }) => sum + length, 0)
    await expect.poll(() => seen.count, { timeout: 20_000 }).toBe(total)
    expect(read).toEqual(sent)
  } finally {
    leaving.abort()
    await reading
    await client.close()
  }
}

function emptyLists(): Map<number, string[]> {
  return new Map(Array.from({ length: partitions }, (_, index) => [index, []]))
}
