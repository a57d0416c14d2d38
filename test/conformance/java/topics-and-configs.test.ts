// Kafka's tools for topics and configs: kafka-topics and kafka-configs.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { kafkaTools, lines, type RunTool } from '../../support/conformance/kafka-tools.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

conformanceSuite('TopicCommand and ConfigCommand', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
  })
  afterAll(() => cluster?.close())

  const create = (topic: string, ...args: string[]) =>
    tools('topics', ['--create', '--topic', topic, ...args])

  it('creates, lists and describes a topic with its configs', async () => {
    await create('made', '--partitions', '3', '--config', 'retention.ms=1000000')
    expect(lines(await tools('topics', ['--list']))).toContain('made')
    const [head = '', ...partitions] = lines(
      await tools('topics', ['--describe', '--topic', 'made']),
    )
    expect(head).toMatch(
      /^Topic: made\tTopicId: [\w-]{22}\tPartitionCount: 3\tReplicationFactor: \d\tConfigs: /,
    )
    const ids = cluster.nodes.map(({ id }) => String(id))
    expect(head).toContain(`ReplicationFactor: ${ids.length}\t`)
    expect(head).toContain('retention.ms=1000000')
    const row = /^Topic: made\tPartition: (\d)\tLeader: (\d)\tReplicas: (\d)([\d,]*)\tIsr: ([\d,]+)/
    for (const [index, line] of partitions.entries()) {
      const [, partition, leader, first, others, isr] = row.exec(line.trim()) ?? []
      expect([partition, leader]).toEqual([String(index), first])
      expect(`${first}${others}`.split(',').toSorted()).toEqual(ids)
      expect(isr?.split(',').toSorted()).toEqual(ids)
    }
    expect(partitions).toHaveLength(3)
  })

  it('describes no topic as under-replicated, unavailable or below its minimum', async () => {
    await create('healthy', '--partitions', '2')
    for (const condition of [
      '--under-replicated-partitions',
      '--unavailable-partitions',
      '--under-min-isr-partitions',
    ]) {
      expect(lines(await tools('topics', ['--describe', condition]))).toEqual([])
    }
  })

  it('refuses a topic that exists, a bad name and more replicas than brokers', async () => {
    await create('once', '--partitions', '1')
    const refusals: [string[], RegExp][] = [
      [['--topic', 'once'], /TopicExistsException: Topic 'once' already exists/],
      [['--topic', 'no/slash'], /InvalidTopicException|illegal/i],
      [['--topic', 'wide', '--replication-factor', '9'], /InvalidReplicationFactorException/],
    ]
    for (const [args, reason] of refusals) {
      const refused = await tools('topics', ['--create', ...args], { allowFailure: true })
      expect(refused.code).toBe(1)
      expect(refused.text).toMatch(reason)
    }
  })

  it('creates with --if-not-exists what is there already without a word', async () => {
    await create('twice', '--partitions', '1')
    await create('twice', '--partitions', '1', '--if-not-exists')
  })

  it('places a topic by a given replica assignment', async () => {
    await create('placed', '--replica-assignment', '1,1')
    const described = lines(await tools('topics', ['--describe', '--topic', 'placed']))
    expect(described[0]).toContain('PartitionCount: 2')
  })

  it('adds partitions, and refuses to take any away', async () => {
    await create('wider', '--partitions', '2')
    await tools('topics', ['--alter', '--topic', 'wider', '--partitions', '5'])
    const described = lines(await tools('topics', ['--describe', '--topic', 'wider']))
    expect(described[0]).toContain('PartitionCount: 5')
    const fewer = ['--alter', '--topic', 'wider', '--partitions', '3']
    const refused = await tools('topics', fewer, { allowFailure: true })
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/InvalidPartitionsException/)
  })

  it('deletes a topic', async () => {
    await create('short-lived', '--partitions', '1')
    await tools('topics', ['--delete', '--topic', 'short-lived'])
    expect(lines(await tools('topics', ['--list']))).not.toContain('short-lived')
    const gone = ['--describe', '--topic', 'short-lived']
    expect((await tools('topics', gone, { allowFailure: true })).code).toBe(1)
  })

  it('sets, shows and unsets the configs of a topic', async () => {
    await create('tuned', '--partitions', '1')
    const entity = ['--entity-type', 'topics', '--entity-name', 'tuned']
    const settings = 'retention.ms=2000000,cleanup.policy=[compact,delete]'
    await tools('configs', ['--alter', ...entity, '--add-config', settings])
    const described = async () => lines(await tools('configs', ['--describe', ...entity]))
    // The broker that answers may hear of a change a moment later than the controller.
    const patience = { timeout: 30_000 }
    await expect.poll(async () => (await described()).join('\n'), patience).toContain('2000000')
    const set = (await described()).map((line) => line.trim())
    expect(set).toContain(
      'cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}',
    )
    expect(set).toContain(
      'retention.ms=2000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=2000000}',
    )
    await tools('configs', ['--alter', ...entity, '--delete-config', 'retention.ms'])
    await expect
      .poll(async () => (await described()).join('\n'), patience)
      .not.toContain('retention.ms')
    expect((await described()).join('\n')).toContain('cleanup.policy')
  })

  it('shows every config of a topic with its default', async () => {
    await create('shown', '--partitions', '1', '--config', 'cleanup.policy=compact')
    const all = ['--describe', '--entity-type', 'topics', '--entity-name', 'shown', '--all']
    const shown = lines(await tools('configs', all)).map((line) => line.trim().split(' ')[0])
    // Schema registries and Connect read cleanup.policy and refuse to work without it.
    expect(shown).toContain('cleanup.policy=compact')
    expect(shown).toEqual(expect.arrayContaining(topicDefaults))
  })

  it('refuses an unknown config and a value out of range', async () => {
    await create('strict', '--partitions', '1')
    const entity = ['--alter', '--entity-type', 'topics', '--entity-name', 'strict']
    for (const setting of ['nonsense=3', 'segment.bytes=-5', 'compression.type=brotli']) {
      const args = [...entity, '--add-config', setting]
      const refused = await tools('configs', args, { allowFailure: true })
      expect(refused.code).toBe(1)
      expect(refused.text).toMatch(/InvalidConfigurationException/)
    }
  })

  it('shows and sets the configs of a broker', async () => {
    const entity = ['--entity-type', 'brokers', '--entity-name', '1']
    const all = lines(await tools('configs', ['--describe', ...entity, '--all'])).join('\n')
    expect(all).toMatch(/^ {2}node\.id=1 sensitive=false/m)
    expect(all).toMatch(/^ {2}num\.partitions=1 /m)
    expect(all).toMatch(/^ {2}auto\.create\.topics\.enable=true /m)
    await tools('configs', ['--alter', ...entity, '--add-config', 'log.retention.ms=5000000'])
    expect(lines(await tools('configs', ['--describe', ...entity])).join('\n')).toContain(
      'log.retention.ms=5000000',
    )
    await tools('configs', ['--alter', ...entity, '--delete-config', 'log.retention.ms'])
    expect(lines(await tools('configs', ['--describe', ...entity])).join('\n')).not.toContain(
      'log.retention.ms=5000000',
    )
  })
})

const topicDefaults = [
  'compression.type=producer',
  'delete.retention.ms=86400000',
  'file.delete.delay.ms=60000',
  'flush.messages=9223372036854775807',
  'flush.ms=9223372036854775807',
  'index.interval.bytes=4096',
  'max.compaction.lag.ms=9223372036854775807',
  'max.message.bytes=1048588',
  'message.timestamp.after.max.ms=3600000',
  'message.timestamp.before.max.ms=9223372036854775807',
  'message.timestamp.type=CreateTime',
  'min.cleanable.dirty.ratio=0.5',
  'min.compaction.lag.ms=0',

  'preallocate=false',
  'retention.bytes=-1',
  'retention.ms=604800000',
  'segment.bytes=1073741824',
  'segment.index.bytes=10485760',
  'segment.jitter.ms=0',
  'segment.ms=604800000',
  'unclean.leader.election.enable=false',
]
