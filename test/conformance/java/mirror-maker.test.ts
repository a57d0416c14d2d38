// MirrorMaker 2 between two clusters: topics with their configs and records, heartbeats, and the
// offsets of groups as they are on the other side; on its internal topics in both clusters.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { startMirror } from '../../support/conformance/connect-worker.ts'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import type { ServerProcess } from '../../support/conformance/server-process.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const topic = 'mirrored-orders'
const mirrored = `east.${topic}`
const partitions = 3
const recordsPerPartition = 100
const patienceMs = 180_000

conformanceSuite('MirrorMaker 2', ['java'], () => {
  let east: Cluster
  let west: Cluster
  let inEast: RunTool
  let inWest: RunTool
  let mirror: ServerProcess
  let dir: string
  let sent = 0

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'conformance-mirror-'))
    east = await startCluster()
    west = await startCluster()
    inEast = kafkaTools(east.bootstrap)
    inWest = kafkaTools(west.bootstrap)
    await createTopic(east.bootstrap, topic, partitions, { 'retention.ms': '123456789' })
    await send()
    mirror = start()
  })
  afterAll(async () => {
    await mirror?.kill9()
    await Promise.all([east?.close(), west?.close()])
    rmSync(dir, { recursive: true, force: true })
  })

  const start = () =>
    startMirror({
      dir,
      source: { alias: 'east', bootstrap: east.bootstrap },
      target: { alias: 'west', bootstrap: west.bootstrap },
    })
  const send = async () => {
    const producer = kafkaJs(east.bootstrap).producer()
    await producer.connect()
    const messages = Array.from({ length: partitions * recordsPerPartition }, (_, at) => ({
      partition: at % partitions,
      key: `key ${sent + at}`,
      value: `value ${sent + at}`,
      headers: { at: String(at) },
    }))
    await producer.send({ topic, messages })
    sent += messages.length
    await producer.disconnect()
  }
  const consume = (tools: RunTool, from: string, group: string, count: number) =>
    tools('consoleConsumer', [
      '--topic',
      from,
      '--group',
      group,
      '--max-messages',
      String(count),
      '--command-property',
      'auto.offset.reset=earliest',
      '--timeout-ms',
      '60000',
    ])
  const recordsInWest = async () => {
    const rows = lines(await inWest('getOffsets', ['--topic', mirrored], { allowFailure: true }))
    return rows.reduce((sum, row) => sum + Number(row.split(':')[2] ?? 0), 0)
  }
  const arrived = () =>
    waitFor(async () => (await recordsInWest()) >= sent, {
      what: `${sent} records in ${mirrored}`,
      timeoutMs: patienceMs,
    })
  const offsetsInWest = async (group: string) => {
    const rows = tableRows(
      await inWest('consumerGroups', ['--describe', '--group', group], { allowFailure: true }),
    )
    return rows
      .filter((row) => row[0] === group && row[1] === mirrored)
      .reduce((sum, row) => sum + Number(row[3]), 0)
  }

  it('mirrors a topic with its partitions, configs and records', async () => {
    await arrived()
    const described = lines(await inWest('topics', ['--describe', '--topic', mirrored]))
    expect(described[0]).toContain(`PartitionCount: ${partitions}`)
    expect(described[0]).toContain('retention.ms=123456789')
    const read = lines(await consume(inWest, mirrored, 'west-only', sent))
    const expected = Array.from({ length: sent }, (_, at) => `value ${at}`)
    expect(read.sort()).toEqual(expected.sort())
  })

  it("carries a group's offsets over, so that it reads on in the other cluster", async () => {
    await consume(inEast, topic, 'moving', sent)
    await waitFor(async () => (await offsetsInWest('moving')) === sent, {
      what: 'the offsets of the group in the other cluster',
      timeoutMs: patienceMs,
    })
    await send()
    await arrived()
    const more = partitions * recordsPerPartition
    const read = lines(await consume(inWest, mirrored, 'moving', more))
    const expected = Array.from({ length: more }, (_, at) => `value ${sent - more + at}`)
    expect(read.sort()).toEqual(expected.sort())
  })

  it('goes on after kill -9, and leaves no record out', async () => {
    await mirror.kill9()
    await send()
    mirror = start()
    // What it had not committed it mirrors again: there are more records than values.
    let reads = 0
    const isAllThere = async () => {
      const count = await recordsInWest()
      const read = new Set(lines(await consume(inWest, mirrored, `after-kill-${reads++}`, count)))
      return Array.from({ length: sent }, (_, at) => `value ${at}`).every((value) =>
        read.has(value),
      )
    }
    await waitFor(isAllThere, { what: 'every value', timeoutMs: patienceMs })
  })

  it('has its internal topics in both clusters', async () => {
    const west = lines(await inWest('topics', ['--list']))
    const expected = ['heartbeats', 'east.checkpoints.internal', 'mm2-offsets.east.internal']
    expect(west).toEqual(expect.arrayContaining(expected))
    expect(lines(await inEast('topics', ['--list']))).toContain('mm2-offset-syncs.west.internal')
  })
})
