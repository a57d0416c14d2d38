// Kafka Connect's distributed worker on its three internal topics: a file goes through a topic into
// another file, in transactions at its source, each line once and in order; also over a restart, a
// kill -9 of the worker, and a change of the connector.

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { ConnectWorker } from '../../support/conformance/connect-worker.ts'
import { kafkaTools, lines, type RunTool } from '../../support/conformance/kafka-tools.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const topic = 'connect-lines'
const linesAtOnce = 2_000
const patienceMs = 120_000

conformanceSuite('Kafka Connect', ['java'], () => {
  let cluster: Cluster
  let worker: ConnectWorker
  let tools: RunTool
  let dir: string
  const written: string[] = []

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'conformance-connect-'))
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
    worker = await ConnectWorker.make(cluster.bootstrap, join(dir, 'worker'))
    await worker.start()
  })
  afterAll(async () => {
    await worker?.kill9()
    await cluster?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const write = () => {
    const more = Array.from({ length: linesAtOnce }, (_, at) => `line ${written.length + at}`)
    written.push(...more)
    appendFileSync(join(dir, 'source.txt'), `${more.join('\n')}\n`)
  }
  const read = (file: string) =>
    existsSync(join(dir, file))
      ? readFileSync(join(dir, file), 'utf8').split('\n').slice(0, -1)
      : []
  const arrived = (file: string) =>
    waitFor(() => new Set(read(file)).size === written.length, {
      what: `${written.length} lines in ${file}`,
      timeoutMs: patienceMs,
    })
  const source = (batch: number) => ({
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    'tasks.max': '1',
    file: join(dir, 'source.txt'),
    topic,
    'batch.size': String(batch),
    'exactly.once.support': 'required',
  })
  const sink = (file: string) => ({
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    'tasks.max': '1',
    file: join(dir, file),
    topics: topic,
    'consumer.override.isolation.level': 'read_committed',
  })
  /** What the topic holds, aborted transactions left out. */
  const inTopic = async () =>
    lines(
      await tools('consoleConsumer', [
        '--topic',
        topic,
        '--from-beginning',
        '--isolation-level',
        'read_committed',
        '--max-messages',
        String(written.length),
      ]),
    )

  it('takes a file through a topic into another file', async () => {
    write()
    await worker.put('source', source(200))
    await worker.put('sink', sink('sink.txt'))
    await worker.running('source')
    await worker.running('sink')
    await arrived('sink.txt')
    expect(read('sink.txt')).toEqual(written)
    write()
    await arrived('sink.txt')
    expect(read('sink.txt')).toEqual(written)
  })

  it('keeps its configs, offsets and states in compacted topics', async () => {
    for (const name of ['connect-configs', 'connect-offsets', 'connect-status']) {
      const described = lines(await tools('topics', ['--describe', '--topic', name]))
      expect(described[0]).toContain('cleanup.policy=compact')
    }
  })

  it('goes on where it was after a restart', async () => {
    await worker.stop()
    write()
    await worker.start()
    await worker.running('sink')
    await arrived('sink.txt')
    expect(read('sink.txt')).toEqual(written)
  })

  it('has each line once in the topic after kill -9 in the middle of them', async () => {
    write()
    await waitFor(() => read('sink.txt').length > written.length - linesAtOnce, {
      what: 'the first of the new lines',
      timeoutMs: patienceMs,
    })
    await worker.kill9()
    write()
    await worker.start()
    await worker.running('source')
    await worker.running('sink')
    await arrived('sink.txt')
    expect(await inTopic()).toEqual(written)
  })

  it('takes a changed connector, a second sink, and a deletion', async () => {
    await worker.put('source', source(50))
    await worker.put('second', sink('second.txt'))
    await worker.running('source')
    await worker.running('second')
    write()
    await arrived('second.txt')
    expect(read('second.txt')).toEqual(written)
    await worker.delete('second')
    expect(lines(await tools('consumerGroups', ['--list']))).toEqual(
      expect.arrayContaining(['connect-sink', 'connect-second']),
    )
  })
})
