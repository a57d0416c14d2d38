// The Debian package index by the `samsa` command: what it produces others read, what others
// produce it reads, and its keys go to the partitions that the Java client chooses.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { readWithConfluent } from '../../support/conformance/confluent-client.ts'
import { java, readWithJava } from '../../support/conformance/java.ts'
import { createTopic } from '../../support/conformance/kafkajs-client.ts'
import { type Compression, produceWithKcat, readWithKcat } from '../../support/conformance/kcat.ts'
import { readPackageIndex } from '../../support/conformance/package-index.ts'
import {
  assertSameRecords,
  type ReadRecord,
  type SourceRecord,
} from '../../support/conformance/records.ts'
import { produceWithSamsa, readWithSamsa } from '../../support/conformance/samsa-cli.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'

const partitions = 12
const compressions: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

type Reader = (bootstrap: string, topic: string, count: number) => Promise<ReadRecord[]>
const otherReaders: Record<string, Reader> = {
  kcat: readWithKcat,
  'confluent-kafka': readWithConfluent,
  'the Java console consumer': readWithJava,
}

conformanceSuite('the samsa command', ['kcat', 'python', 'java', 'apt-cache'], () => {
  let cluster: Cluster
  let index: SourceRecord[]

  beforeAll(async () => {
    index = await readPackageIndex()
    cluster = await startCluster()
  })
  afterAll(() => cluster?.close())

  describe.each(compressions)('with %s', (compression) => {
    const topic = `by-samsa-${compression}`

    it('produces what it reads back itself', async () => {
      await createTopic(cluster.bootstrap, topic, partitions)
      await produceWithSamsa(cluster.bootstrap, topic, compression, index)
      assertSameRecords(index, await readWithSamsa(cluster.bootstrap, topic))
    })

    it('reads it as a member of a group too', async () => {
      assertSameRecords(
        index,
        await readWithSamsa(cluster.bootstrap, topic, `group-${compression}`),
      )
    })

    it.each(Object.entries(otherReaders))('produces what is read whole by %s', async (_n, read) => {
      assertSameRecords(index, await read(cluster.bootstrap, topic, index.length))
    })

    it('reads whole what kcat produced', async () => {
      const byKcat = `by-kcat-${compression}`
      await createTopic(cluster.bootstrap, byKcat, partitions)
      const { bootstrap } = cluster
      await produceWithKcat({ bootstrap, topic: byKcat, compression, records: index })
      assertSameRecords(index, await readWithSamsa(cluster.bootstrap, byKcat))
    })
  })

  it('sends a key to the partition that the Java client sends it to', async () => {
    const some = index.slice(0, 500)
    await createTopic(cluster.bootstrap, 'placed-by-samsa', partitions)
    await createTopic(cluster.bootstrap, 'placed-by-java', partitions)
    await produceWithSamsa(cluster.bootstrap, 'placed-by-samsa', 'none', some)
    const lines = some.map(({ key }) => `${key}:value\n`).join('')
    const target = ['--bootstrap-server', cluster.bootstrap, '--topic', 'placed-by-java']
    const parsing = ['parse.key=true', 'key.separator=:']
    await java(
      'org.apache.kafka.tools.ConsoleProducer',
      [...target, ...parsing.flatMap((property) => ['--reader-property', property])],
      { input: lines },
    )
    const placement = async (topic: string) => {
      const read = await readWithKcat(cluster.bootstrap, topic)
      return new Map(read.map(({ key, partition }) => [key, partition]))
    }
    const byJava = await placement('placed-by-java')
    expect(byJava.size).toBe(some.length)
    expect(await placement('placed-by-samsa')).toEqual(byJava)
  })
})
