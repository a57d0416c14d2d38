// KIP-714 with Java clients: subscriptions by kafka-client-metrics and kafka-configs, and what a
// producer and a consumer push because of them, at /metrics.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { kafkaTools, lines, type RunTool } from '../../support/conformance/kafka-tools.ts'
import { createTopic } from '../../support/conformance/kafkajs-client.ts'
import { samsaHttpPort } from '../../support/conformance/samsa-server.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { targetKind } from '../../support/conformance/target.ts'
import { EndlessProducer, VerifiableMember } from '../../support/conformance/verifiable-member.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const topic = 'measured'
const pushIntervalMs = 1_000
const patienceMs = 60_000

conformanceSuite('telemetry of Java clients', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
    await createTopic(cluster.bootstrap, topic, 2)
  })
  afterAll(() => cluster?.close())

  const subscriptions = (...args: string[]) => tools('clientMetrics', args)
  const metrics = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${samsaHttpPort(port)}/metrics`)
    return (await answer.text()).split('\n')
  }
  /** The highest of the nodes': a client pushes to whichever it likes. */
  const value = async (start: string, label = '') => {
    const pages = await Promise.all(cluster.nodes.map(({ port }) => metrics(port)))
    const lines = pages.map((page) =>
      page.find((one) => one.startsWith(start) && one.includes(label)),
    )
    const values = lines.flatMap((line) => line?.split(' ').at(-1) ?? []).map(Number)
    return values.length === 0 ? undefined : Math.max(...values)
  }

  it('takes, lists, describes and deletes subscriptions', async () => {
    await subscriptions(
      '--alter',
      '--name',
      'fleeting',
      '--metrics',
      'org.apache.kafka.consumer.',
      '--interval',
      '60000',
      '--match',
      'client_id=shop.*',
    )
    expect(lines(await subscriptions('--list'))).toContain('fleeting')
    const described = lines(await subscriptions('--describe', '--name', 'fleeting')).join('\n')
    expect(described).toContain('interval.ms=60000')
    expect(described).toContain('match=client_id=shop.*')
    expect(described).toContain('metrics=org.apache.kafka.consumer.')
    const entity = ['--entity-type', 'client-metrics', '--entity-name', 'fleeting']
    await tools('configs', ['--alter', ...entity, '--add-config', 'interval.ms=30000'])
    expect(lines(await tools('configs', ['--describe', ...entity])).join('\n')).toContain(
      'interval.ms=30000',
    )
    await subscriptions('--delete', '--name', 'fleeting')
    expect(lines(await subscriptions('--list'))).not.toContain('fleeting')
  })

  it('refuses a subscription with an interval or a pattern that cannot be', async () => {
    const refused = (...args: string[]) =>
      tools('clientMetrics', ['--alter', '--name', 'wrong', ...args], { allowFailure: true })
    expect((await refused('--interval', '1')).text).toContain('InvalidRequestException')
    expect((await refused('--match', 'shoe_size=44')).text).toContain(
      'InvalidConfigurationException',
    )
    expect(lines(await subscriptions('--list'))).not.toContain('wrong')
  })

  // Apache Kafka takes metrics only where a plugin of somebody's own receives them.
  it.runIf(targetKind() === 'samsa')('shows what a producer and a consumer push', async () => {
    await subscriptions(
      '--alter',
      '--name',
      'all',
      '--metrics',
      '*',
      '--interval',
      String(pushIntervalMs),
    )
    const { bootstrap } = cluster
    const producer = new EndlessProducer(bootstrap, topic, 200)
    const consumer = new VerifiableMember({
      bootstrap,
      topic,
      group: 'measured-group',
      protocol: 'CONSUMER',
      name: 'consumer',
      history: [],
    })
    try {
      const sent = 'samsa_client_producer_record_send_total{'
      const first = await waitFor(() => value(sent), {
        what: 'metrics of a producer',
        timeoutMs: patienceMs,
      })
      await waitFor(async () => ((await value(sent)) ?? 0) > first, {
        what: 'the count of sent records to grow',
        timeoutMs: patienceMs,
      })
      expect(await value('samsa_client_info{', 'client_software_name="apache-kafka-java"')).toBe(1)
      const read = 'samsa_client_consumer_fetch_manager_records_consumed_total{'
      await waitFor(async () => ((await value(read)) ?? 0) > 0, {
        what: 'the count of read records to grow',
        timeoutMs: patienceMs,
      })
      expect(await value('samsa_client_info{', 'group_id="measured-group"')).toBe(1)
      // Not once it has stopped: a client that closes while it pushes leaves its last push out.
      const acknowledged = producer.acknowledged
      await waitFor(async () => ((await value(sent)) ?? 0) >= acknowledged, {
        what: 'all records that were sent so far to be counted',
        timeoutMs: patienceMs,
      })
      expect(await value('samsa_telemetry_unreadable_total')).toBe(0)
    } finally {
      await producer.stop()
      await consumer.end('killed')
    }
  })
})
