// What the Java client sees of the cluster: API versions, the quorum, Kafka's own compatibility
// test and its verifiable producer and consumer.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { kafkaApiVersions, requiredApis } from '../../support/conformance/kafka-api-versions.ts'
import { kafkaTools, lines, type RunTool } from '../../support/conformance/kafka-tools.ts'
import { createTopic } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

const verifiableRecords = 100_000

conformanceSuite('the cluster in the eyes of the Java client', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
  })
  afterAll(() => cluster?.close())

  /** The advertised range of each API, such as '0-13'. */
  const advertised = async () => {
    const output = (await tools('brokerApiVersions', [])).stdout.toString()
    const entries = [...output.matchAll(/^\t(\w+)\(\d+\): (\d+)(?: to (\d+))? \[usable/gm)]
    return new Map(
      entries.map(([, name = '', low = '', high]) => [
        name,
        high === undefined ? low : `${low}-${high}`,
      ]),
    )
  }

  it("advertises the reference release's version ranges and all that clients need", async () => {
    const ranges = await advertised()
    for (const [name, range] of ranges)
      expect(`${name} ${range}`).toBe(`${name} ${kafkaApiVersions[name]}`)
    expect([...ranges.keys()]).toEqual(expect.arrayContaining([...requiredApis]))
  })

  it('describes the controller quorum', async () => {
    const status = lines(await tools('metadataQuorum', ['describe', '--status'])).join('\n')
    expect(status).toMatch(/^ClusterId: +[\w-]{22}$/m)
    const leader = /^LeaderId: +(\d+)$/m.exec(status)?.[1]
    expect(cluster.nodes.map(({ id }) => String(id))).toContain(leader)
    expect(status).toMatch(/^LeaderEpoch: +\d+$/m)
    expect(status).toMatch(/^HighWatermark: +\d+$/m)
    const voters = /^CurrentVoters: +(\[.*\])$/m.exec(status)?.[1] ?? ''
    expect([...voters.matchAll(/"id": (\d+), "directoryId": "[\w-]{22}"/g)]).toHaveLength(
      cluster.nodes.length,
    )
    const replication = lines(await tools('metadataQuorum', ['describe', '--replication']))
    expect(replication.filter((line) => /\s(?:Leader|Follower)\s*$/.test(line))).toHaveLength(
      cluster.nodes.length,
    )
    expect(replication.join('\n')).toMatch(/^\d+\s+[\w-]{22}\s+\d+\s+0\s+-?\d+\s+-?\d+\s+Leader/m)
  })

  it("passes Kafka's client compatibility test", async () => {
    await createTopic(cluster.bootstrap, 'compat', 1)
    const servesAcls = (await advertised()).has('DescribeAcls')
    const expectations = {
      'offsets-for-times-supported': true,
      'cluster-id-supported': true,
      'expect-record-too-large-exception': false,
      'create-topics-supported': true,
      'describe-acls-supported': servesAcls,
      'describe-configs-supported': true,
      'idempotent-producer-supported': true,
    }
    const args = Object.entries(expectations).flatMap(([name, is]) => [`--${name}`, String(is)])
    const done = await tools('clientCompatibility', [
      '--num-cluster-nodes',
      String(cluster.nodes.length),
      '--topic',
      'compat',
      ...args,
    ])
    expect(done.text).toContain('SUCCESS.')
  })

  it.each(['-1', '1', '0'])('verifiably produces with acks=%s', async (acks) => {
    const topic = `verifiable-acks${acks}`
    await createTopic(cluster.bootstrap, topic, 3)
    const count = String(verifiableRecords)
    const produced = lines(
      await tools('verifiableProducer', [
        '--topic',
        topic,
        '--max-messages',
        count,
        '--acks',
        acks,
      ]),
    ).map((line) => JSON.parse(line) as ToolEvent)
    const data = produced.find(({ name }) => name === 'tool_data')
    expect([data?.sent, data?.acked]).toEqual([verifiableRecords, verifiableRecords])
    const ends = lines(await tools('getOffsets', ['--topic', topic]))
    const total = ends.reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
    expect(total).toBe(verifiableRecords)
  })

  it.each(['range', 'roundrobin', 'sticky', 'cooperative'])(
    'verifiably consumes each offset once with the %s assignor',
    async (assignor) => {
      const consumed = lines(
        await tools('verifiableConsumer', [
          '--topic',
          'verifiable-acks-1',
          '--group-id',
          `verifiable-${assignor}`,
          '--max-messages',
          String(verifiableRecords),
          '--reset-policy',
          'earliest',
          '--assignment-strategy',
          assignors[assignor] ?? '',
        ]),
      ).map((line) => JSON.parse(line) as ToolEvent)
      const next = new Map<number, number>()
      for (const event of consumed) {
        if (event.name === 'offsets_committed') expect(event.success).toBe(true)
        if (event.name !== 'records_consumed') continue
        for (const { partition, count, minOffset, maxOffset } of event.partitions ?? []) {
          expect(minOffset).toBe(next.get(partition) ?? 0)
          expect(maxOffset).toBe(minOffset + count - 1)
          next.set(partition, maxOffset + 1)
        }
      }
      expect([...next.values()].reduce((sum, end) => sum + end, 0)).toBe(verifiableRecords)
    },
  )
})

const assignors: Record<string, string> = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  roundrobin: 'org.apache.kafka.clients.consumer.RoundRobinAssignor',
  sticky: 'org.apache.kafka.clients.consumer.StickyAssignor',
  cooperative: 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
}

interface ToolEvent {
  name: string
  sent?: number
  acked?: number
  success?: boolean
  partitions?: { partition: number; count: number; minOffset: number; maxOffset: number }[]
}
