// Kafka's DumpLogSegments reads our data directory and finds no fault: after an ordered stop, and
// after a kill -9 in the middle of a produce and the recovery from it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AcknowledgedWork } from '../../support/conformance/acknowledged-work.ts'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import {
  dumpLogSegments,
  logFiles,
  totalSize,
} from '../../support/conformance/dump-log-segments.ts'
import {
  createTopic,
  endOffsets,
  readWithKafkaJs,
} from '../../support/conformance/kafkajs-client.ts'
import { type Compression, produceWithKcat } from '../../support/conformance/kcat.ts'
import type { SourceRecord } from '../../support/conformance/records.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

const compressions: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const recordsPerTopic = 20_000
const offsetsTopic = '__consumer_offsets'
const killedTopic = 'dumped-killed'
// The least that Kafka allows, so that every topic has closed segments with full indexes.
const smallSegments = { 'segment.bytes': '1048576', 'index.interval.bytes': '512' }

const isData = (topic: string): boolean => topic.startsWith('dumped-')
const isOffsets = (topic: string): boolean => topic === offsetsTopic

conformanceSuite('DumpLogSegments', ['java', 'kcat', 'python'], () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster?.close())

  describe('after an ordered stop', () => {
    beforeAll(async () => {
      for (const compression of compressions) {
        const topic = `dumped-${compression}`
        await createTopic(cluster.bootstrap, topic, 2, smallSegments)
        const records = noisyRecords(recordsPerTopic)
        await produceWithKcat({ bootstrap: cluster.bootstrap, topic, compression, records })
      }
      // A group that has joined, committed and left, so that the offsets topic holds every kind of
      // record.
      await readWithKafkaJs(cluster.bootstrap, 'dumped-none', recordsPerTopic)
      await cluster.stop()
    })

    it('reads every record of every segment', async () => {
      const files = logFiles(cluster.dataDir, isData, ['.log'])
      expect(files.length).toBeGreaterThan(2 * compressions.length)
      const dump = await dumpLogSegments(files)
      expect(dump.complaints).toEqual([])
      expect(dump.records).toBe(recordsPerTopic * compressions.length)
    })

    it('finds the indexes in keeping with the logs', async () => {
      const files = logFiles(cluster.dataDir, isData, ['.index', '.timeindex', '.txnindex'])
      expect(totalSize(files)).toBeGreaterThan(0)
      expect((await dumpLogSegments(files)).complaints).toEqual([])
    })

    it('finds the indexes sane', async () => {
      const files = logFiles(cluster.dataDir, isData, ['.index', '.timeindex'])
      const dump = await dumpLogSegments(files, { indexSanityCheck: true })
      expect(dump.complaints).toEqual([])
      // A segment of one large batch has nothing to index, in Kafka too.
      expect(dump.output.match(/passed sanity check|is empty/g)).toHaveLength(files.length)
      expect(dump.output).toMatch(/\.index passed sanity check/)
      expect(dump.output).toMatch(/\.timeindex passed sanity check/)
    })

    it('reads the producer snapshots', async () => {
      const files = logFiles(cluster.dataDir, isData, ['.snapshot'])
      expect(files.length).toBeGreaterThan(0)
      const dump = await dumpLogSegments(files)
      expect(dump.complaints).toEqual([])
      expect(dump.output).toMatch(/producerId: \d+ producerEpoch: 0/)
    })

    it('decodes the group metadata and the offsets', async () => {
      const files = logFiles(cluster.dataDir, isOffsets, ['.log'])
      const dump = await dumpLogSegments(files, { offsetsDecoder: true })
      expect(dump.complaints).toEqual([])
      expect(dump.output).toMatch(/key: \{"type":"2","data":\{"group":"kafkajs-dumped-none"\}\}/)
      expect(dump.output).toMatch(
        /key: \{"type":"1","data":\{"group":"kafkajs-dumped-none","topic":"dumped-none","partition":1\}\}/,
      )
      expect(dump.output).toMatch(/payload: \{"version":"\d","data":\{"offset":\d+,/)
      expect(dump.output).toMatch(/"protocolType":"consumer","generation":1,"protocol":"RoundRobin/)
    })
  })

  describe('after kill -9 in the middle of a produce, recovery and a stop', () => {
    let acknowledgedRecords: number
    let end: number

    beforeAll(async () => {
      await cluster.restart()
      await createTopic(cluster.bootstrap, killedTopic, 2, smallSegments)
      const { bootstrap } = cluster
      const options = { bootstrap, topic: killedTopic, partitions: 2, group: 'dumped-group' }
      const work = new AcknowledgedWork(options)
      try {
        await work.acknowledges(20_000, 120_000)
        await cluster.kill9()
        await cluster.restart()
        await work.acknowledges(5_000, 120_000)
        await work.finish()
      } finally {
        work.kill()
      }
      acknowledgedRecords = work.acknowledgedRecords
      const ends = await endOffsets(cluster.bootstrap, killedTopic)
      end = [...ends.values()].reduce((sum, offset) => sum + offset, 0)
      await cluster.stop()
    })

    it('reads every record, each once', async () => {
      const dump = await dumpLogSegments(logFiles(cluster.dataDir, isData, ['.log']))
      expect(dump.complaints).toEqual([])
      expect(end).toBe(acknowledgedRecords)
      expect(dump.records).toBe(recordsPerTopic * compressions.length + acknowledgedRecords)
    })

    it('finds the indexes sane and in keeping with the logs', async () => {
      const files = logFiles(cluster.dataDir, isData, ['.index', '.timeindex'])
      expect((await dumpLogSegments(files)).complaints).toEqual([])
      const sanity = await dumpLogSegments(files, { indexSanityCheck: true })
      expect(sanity.complaints).toEqual([])
    })

    it('decodes the offsets that were committed before and after', async () => {
      const files = logFiles(cluster.dataDir, isOffsets, ['.log'])
      const dump = await dumpLogSegments(files, { offsetsDecoder: true })
      expect(dump.complaints).toEqual([])
      expect(dump.output).toMatch(/"group":"dumped-group","topic":"dumped-killed","partition":0/)
      expect(dump.output).toMatch(/"group":"kafkajs-dumped-none"/)
    })
  })
})

/** Records that do not compress away, so that compressed topics too roll over several segments. */
function noisyRecords(count: number): SourceRecord[] {
  let state = 12_345
  return Array.from({ length: count }, (_, n) => {
    let text = ''
    while (text.length < 150) {
      // A linear congruential generator: the same records in every run.
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      text += state.toString(36)
    }
    return { key: `key${n}`, value: Buffer.from(text) }
  })
}
