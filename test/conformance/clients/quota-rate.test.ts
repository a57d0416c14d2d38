// A client over its byte quota is held to it over 30 s, while another one keeps its rate: as the
// clients count what they were acknowledged.

import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { KafkaClient } from '../../support/kafka-client.ts'

const topic = 'held'
const seconds = 30
const heldBytesPerSecond = 2_000_000
const freeBytesPerSecond = 4_000_000
const inFlight = 5

conformanceSuite('Byte quotas', [], () => {
  let cluster: Cluster
  const clients: KafkaClient[] = []

  async function connect(clientId: string): Promise<KafkaClient> {
    const client = await KafkaClient.connect({ port: cluster.port, clientId })
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    cluster = await startCluster({ kind: 'samsa', nodes: 1 })
    const admin = await connect('admin')
    const asked = { name: topic, numPartitions: 2, replicationFactor: 1 }
    const topics = [{ ...asked, assignments: [], configs: [] }]
    await admin.send('createTopics', 7, { topics, timeoutMs: 10_000 })
    const entity = [{ entityType: 'client-id', entityName: 'held' }]
    const ops = [{ key: 'producer_byte_rate', value: heldBytesPerSecond, remove: false }]
    await admin.send('alterClientQuotas', 1, { entries: [{ entity, ops }], validateOnly: false })
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await cluster?.close()
  })

  /** Sends as fast as it may, and as it wants; bytes a second that were acknowledged. */
  async function produce(clientId: string, partition: number, wanted: number): Promise<number> {
    const client = await connect(clientId)
    const records = encodeBatch([
      { key: null, value: Buffer.alloc(60_000, 7), timestampMs: Date.now() },
    ])
    const startMs = performance.now()
    const elapsedMs = () => performance.now() - startMs
    let bytes = 0
    const sender = async () => {
      while (elapsedMs() < seconds * 1000) {
        const { throttleTimeMs, responses } = await client.send('produce', 9, {
          acks: 1,
          timeoutMs: 10_000,
          topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
        })
        expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
        bytes += records.length
        const waitMs = Math.max(throttleTimeMs, (bytes / wanted) * 1000 - elapsedMs())
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
    await Promise.all(Array.from({ length: inFlight }, sender))
    return bytes / (elapsedMs() / 1000)
  }

  it('hold a client within 5 % over 30 s, while another keeps its rate', async () => {
    const [held, free] = await Promise.all([
      produce('held', 0, Number.POSITIVE_INFINITY),
      produce('free', 1, freeBytesPerSecond),
    ])
    // First: on a machine that is short of time nobody keeps a rate.
    expect(free / freeBytesPerSecond).toBeGreaterThan(0.95)
    expect(held / heldBytesPerSecond).toBeGreaterThan(0.95)
    expect(held / heldBytesPerSecond).toBeLessThan(1.05)
  }, 90_000)
})
