// The newest Java client (kafka-clients 4.4.0) under the reference release's tools: it knows
// versions and APIs that the reference release does not, and must make do with those that are
// advertised.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

const records = '50000'
const topic = 'newest'

conformanceSuite('the newest Java client', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap, 'newest')
  })
  afterAll(() => cluster?.close())

  it('creates and describes a topic', async () => {
    await tools('topics', ['--create', '--topic', topic, '--partitions', '3'])
    const described = lines(await tools('topics', ['--describe', '--topic', topic]))
    expect(described[0]).toContain('PartitionCount: 3')
  })

  it('alters and describes configs', async () => {
    const entity = ['--entity-type', 'topics', '--entity-name', topic]
    await tools('configs', ['--alter', ...entity, '--add-config', 'retention.ms=1234567'])
    const described = lines(await tools('configs', ['--describe', ...entity]))
    expect(described.join('\n')).toContain('retention.ms=1234567')
  })

  it('verifiably produces and consumes', async () => {
    const produced = await tools('verifiableProducer', [
      '--topic',
      topic,
      '--max-messages',
      records,
      '--acks',
      '-1',
    ])
    expect(lines(produced).at(-1)).toContain(`"sent":${records},"acked":${records}`)
    const consumed = await tools('verifiableConsumer', [
      '--topic',
      topic,
      '--group-id',
      'newest-group',
      '--max-messages',
      records,
      '--reset-policy',
      'earliest',
    ])
    expect(lines(consumed).filter((line) => line.includes('"success":false'))).toEqual([])
    const rows = tableRows(await tools('consumerGroups', ['--describe', '--group', 'newest-group']))
    const partitions = rows.filter(([group]) => group === 'newest-group')
    const committed = partitions.reduce((sum, row) => sum + Number(row[3]), 0)
    expect(committed).toBe(Number(records))
  })

  it('writes and reads by the console tools', async () => {
    await tools('consoleProducer', ['--topic', 'console', '--compression-codec', 'zstd'], {
      input: 'one\ntwo\nthree\n',
    })
    const read = await tools('consoleConsumer', [
      '--topic',
      'console',
      '--from-beginning',
      '--max-messages',
      '3',
    ])
    expect(lines(read)).toEqual(['one', 'two', 'three'])
  })

  it('deletes a group and a topic', async () => {
    await tools('consumerGroups', ['--delete', '--group', 'newest-group'])
    expect(lines(await tools('consumerGroups', ['--list']))).not.toContain('newest-group')
    await tools('topics', ['--delete', '--topic', topic])
    expect(lines(await tools('topics', ['--list']))).not.toContain(topic)
  })
})
