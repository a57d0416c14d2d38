// Kafka's console producer and consumer, and its tools for offsets, deletion of records and log
// directories.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { kafkaTools, lines, type RunTool } from '../../support/conformance/kafka-tools.ts'
import { createTopic } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

conformanceSuite('records and offsets by the Java tools', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
  })
  afterAll(() => cluster?.close())

  const produce = (topic: string, records: string[], ...args: string[]) =>
    tools(
      'consoleProducer',
      [
        '--topic',
        topic,
        '--reader-property',
        'parse.key=true',
        '--reader-property',
        'key.separator=:',
        ...args,
      ],
      { input: records.map((record) => `${record}\n`).join('') },
    )
  const consume = async (topic: string, count: number, ...args: string[]) =>
    lines(
      await tools('consoleConsumer', [
        '--topic',
        topic,
        '--from-beginning',
        '--max-messages',
        String(count),
        '--timeout-ms',
        '30000',
        '--formatter-property',
        'print.key=true',
        ...args,
      ]),
    )
  const offsets = async (topic: string, time: string) =>
    lines(await tools('getOffsets', ['--topic', topic, '--time', time]))

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'gives back what the console producer wrote with %s',
    async (codec) => {
      const topic = `console-${codec}`
      await createTopic(cluster.bootstrap, topic, 1)
      const records = Array.from({ length: 200 }, (_, n) => `key${n}:${'value '.repeat(n)}${n}`)
      await produce(topic, records, '--compression-codec', codec)
      const expected = records.map((record) => record.replace(':', '\t'))
      expect(await consume(topic, 200)).toEqual(expected)
    },
  )

  it('creates the topic that the console producer writes to', async () => {
    await produce('made-on-the-way', ['a:1'])
    expect(await consume('made-on-the-way', 1)).toEqual(['a\t1'])
  })

  it('starts the console consumer at an offset of a partition', async () => {
    await createTopic(cluster.bootstrap, 'seekable', 1)
    await produce('seekable', ['a:1', 'b:2', 'c:3'])
    const read = await tools('consoleConsumer', [
      '--topic',
      'seekable',
      '--partition',
      '0',
      '--offset',
      '1',
      '--max-messages',
      '2',
    ])
    expect(lines(read)).toEqual(['2', '3'])
  })

  it('keeps headers and timestamps', async () => {
    await createTopic(cluster.bootstrap, 'headed', 1)
    await tools(
      'consoleProducer',
      ['--topic', 'headed', '--reader-property', 'parse.headers=true'],
      { input: 'a:1,b:2\tbody\n' },
    )
    const [read] = await consume(
      'headed',
      1,
      '--formatter-property',
      'print.headers=true',
      '--formatter-property',
      'print.timestamp=true',
    )
    expect(read).toMatch(/^CreateTime:\d{13}\ta:1,b:2\tnull\tbody$/)
  })

  it('finds offsets at the ends, at the greatest timestamp and by time', async () => {
    await createTopic(cluster.bootstrap, 'timed', 2)
    const beforeMs = Date.now() - 60_000
    await produce('timed', ['a:1', 'b:2', 'c:3', 'd:4', 'e:5', 'f:6'])
    const ends = await offsets('timed', 'latest')
    const total = ends.reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
    expect(total).toBe(6)
    expect(await offsets('timed', 'earliest')).toEqual(['timed:0:0', 'timed:1:0'])
    expect(await offsets('timed', String(beforeMs))).toEqual(['timed:0:0', 'timed:1:0'])
    // Nothing is as late as that, which Kafka answers with no offset at all.
    expect(await offsets('timed', String(Date.now() + 3_600_000))).toEqual([])
    const greatest = await offsets('timed', 'max-timestamp')
    expect(greatest.length).toBeGreaterThan(0)
  })

  it('deletes records up to an offset', async () => {
    await createTopic(cluster.bootstrap, 'trimmed', 1)
    await produce('trimmed', ['a:1', 'b:2', 'c:3', 'd:4'])
    const dir = mkdtempSync(join(tmpdir(), 'conformance-delete-'))
    const file = join(dir, 'offsets.json')
    const deleteTo = async (offset: number) => {
      const partitions = [{ topic: 'trimmed', partition: 0, offset }]
      writeFileSync(file, JSON.stringify({ version: 1, partitions }))
      return (await tools('deleteRecords', ['--offset-json-file', file])).text
    }
    try {
      expect(await deleteTo(2)).toContain('partition: trimmed-0\tlow_watermark: 2')
      expect(await offsets('trimmed', 'earliest')).toEqual(['trimmed:0:2'])
      expect(await consume('trimmed', 2)).toEqual(['c\t3', 'd\t4'])
      expect(await deleteTo(100)).toMatch(/OffsetOutOfRangeException/)
      // -1 means up to the high watermark.
      expect(await deleteTo(-1)).toContain('partition: trimmed-0\tlow_watermark: 4')
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('tells the size of each partition in each log directory', async () => {
    await createTopic(cluster.bootstrap, 'sized', 2)
    await produce(
      'sized',
      Array.from({ length: 50 }, (_, n) => `key${n}:value`),
    )
    const output = lines(await tools('logDirs', ['--describe', '--topic-list', 'sized']))
    const report = JSON.parse(output.find((line) => line.startsWith('{')) ?? '{}') as LogDirs
    expect(report.brokers).toHaveLength(cluster.nodes.length)
    for (const { broker, logDirs } of report.brokers) {
      const [dir] = logDirs
      expect(dir?.error).toBeNull()
      expect(dir?.logDir).toBe(cluster.node(broker).dataDir)
      const partitions = dir?.partitions ?? []
      expect(partitions.map(({ partition }) => partition).sort()).toEqual(['sized-0', 'sized-1'])
      for (const { size, offsetLag, isFuture } of partitions) {
        expect([size > 0, offsetLag, isFuture]).toEqual([true, 0, false])
      }
    }
  })
})

interface LogDirs {
  brokers: {
    broker: number
    logDirs: {
      logDir: string
      error: string | null
      partitions: { partition: string; size: number; offsetLag: number; isFuture: boolean }[]
    }[]
  }[]
}
