// The whole Debian package index through every client: produced by kcat in each compression, read
// by five clients not written by us, each record once, in order, byte for byte.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { readWithConfluent } from '../../support/conformance/confluent-client.ts'
import { readWithJava } from '../../support/conformance/java.ts'
import {
  createTopic,
  endOffsets,
  readWithKafkaJs,
} from '../../support/conformance/kafkajs-client.ts'
import { type Compression, produceWithKcat, readWithKcat } from '../../support/conformance/kcat.ts'
import { readPackageIndex } from '../../support/conformance/package-index.ts'
import { readWithPlatformatic } from '../../support/conformance/platformatic-client.ts'
import {
  assertSameRecords,
  type ReadRecord,
  type SourceRecord,
} from '../../support/conformance/records.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

const partitions = 12
const compressions: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

type Reader = (bootstrap: string, topic: string, count: number) => Promise<ReadRecord[]>
const readers: Record<string, Reader> = {
  kcat: readWithKcat,
  kafkajs: readWithKafkaJs,
  '@platformatic/kafka': readWithPlatformatic,
  'confluent-kafka': readWithConfluent,
  'the Java console consumer': readWithJava,
}

conformanceSuite('the Debian package index', ['kcat', 'python', 'java', 'apt-cache'], () => {
  let cluster: Cluster
  let index: SourceRecord[]

  beforeAll(async () => {
    index = await readPackageIndex()
    cluster = await startCluster()
  })
  afterAll(() => cluster?.close())

  it('has tens of thousands of records', () => {
    expect(index.length).toBeGreaterThan(20_000)
  })

  describe.each(compressions)('produced by kcat with %s', (compression) => {
    const topic = `packages-${compression}`

    beforeAll(async () => {
      await createTopic(cluster.bootstrap, topic, partitions)
      await produceWithKcat({ bootstrap: cluster.bootstrap, topic, compression, records: index })
    })

    it('holds as many offsets as records, in every partition some', async () => {
      const ends = [...(await endOffsets(cluster.bootstrap, topic)).values()]
      expect(ends).toHaveLength(partitions)
      expect(Math.min(...ends)).toBeGreaterThan(0)
      expect(ends.reduce((sum, end) => sum + end, 0)).toBe(index.length)
    })

    it.each(Object.entries(readers))('is read whole by %s', async (_name, read) => {
      assertSameRecords(index, await read(cluster.bootstrap, topic, index.length))
    })
  })
})
