// Kafka's DumpLogSegments reads what the cleaner of a real node left of transactions: segments,
// indexes and snapshots are sound, and of each key there is what was committed last, or that it was
// deleted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import {
  type Dump,
  dumpLogSegments,
  logFiles,
  totalSize,
} from '../../support/conformance/dump-log-segments.ts'
import { createTopic } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { KafkaClient } from '../../support/kafka-client.ts'
import { TransactionalClient } from '../../support/transactional-client.ts'

const cleaning = {
  'log.cleaner.backoff.ms': '50',
  'log.segment.delete.delay.ms': '100',
  'transaction.state.log.num.partitions': '1',
}
const compacted = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0',
  'internal.segment.bytes': '16384',
  'index.interval.bytes': '512',
}
const keyCount = 60
const recordsPerTransaction = 12
const transactions = 60
const abortedText = 'aborted'

/** By key; null where it was deleted. */
type Last = Map<string, string | null>

conformanceSuite('DumpLogSegments of cleaned logs', ['java'], () => {
  let cluster: Cluster
  const written = new Map<string, { readonly last: Last; readonly recordCount: number }>()

  beforeAll(async () => {
    cluster = await startCluster({ configs: cleaning })
    for (const codec of ['producer', 'zstd']) {
      const topic = `cleaned-${codec}`
      await createTopic(cluster.bootstrap, topic, 1, { ...compacted, 'compression.type': codec })
      written.set(topic, await writeUntilCleaned(cluster.port, topic))
    }
    await cluster.stop()
  })
  afterAll(() => cluster?.close())

  describe.each(['cleaned-producer', 'cleaned-zstd'])('%s', (topic) => {
    const filesOf = (...endings: string[]) =>
      logFiles(cluster.dataDir, (name) => name === topic, endings)

    it('has for each key what was committed last, in segments without fault', async () => {
      const { last, recordCount } = written.get(topic) ?? { last: new Map(), recordCount: 0 }
      const files = filesOf('.log')
      expect(files.length).toBeGreaterThan(2)
      const dump = await dumpLogSegments(files, { printData: true })
      expect(faultsOf(dump)).toEqual([])
      const kept = keptIn(dump)
      expect(kept.length).toBeLessThan(recordCount / 2)
      expect(kept.filter(({ value }) => value?.startsWith(abortedText))).toEqual([])
      expect(new Map(kept.map(({ key, value }) => [key, value]))).toEqual(last)
      expect([...last.values()].filter((value) => value === null).length).toBeGreaterThan(0)
      // Tombstones and markers that the cleaner has met have their time from then on (KIP-534).
      expect(dump.output).toMatch(/deleteHorizonMs: OptionalLong\[\d+\]/)
    })

    it('has indexes in keeping with the logs, and sane', async () => {
      const files = filesOf('.index', '.timeindex', '.txnindex')
      expect(totalSize(filesOf('.index'))).toBeGreaterThan(0)
      expect(faultsOf(await dumpLogSegments(files))).toEqual([])
      const sanity = await dumpLogSegments(filesOf('.index', '.timeindex'), {
        indexSanityCheck: true,
      })
      expect(sanity.complaints).toEqual([])
    })

    it('has snapshots of its producers', async () => {
      const dump = await dumpLogSegments(filesOf('.snapshot'))
      expect(dump.complaints).toEqual([])
      expect(dump.output).toMatch(/producerId: \d+ producerEpoch: \d+/)
    })
  })
})

/** Transactions, every third of them aborted, till nothing is left that readers never saw. */
async function writeUntilCleaned(port: number, topic: string) {
  const client = await KafkaClient.connect({ port })
  const last: Last = new Map()
  let recordCount = 0
  try {
    const producer = new TransactionalClient(topic, { connect: async () => client }, client)
    expect(await producer.init()).toBe('NONE')
    const commit = async (round: number): Promise<void> => {
      const pairs = pairsOf(round)
      expect(await producer.produceKeyed(topic, 0, pairs)).toBe('NONE')
      expect(await producer.commit()).toBe('NONE')
      for (const [key, value] of pairs) last.set(key, value)
      recordCount += pairs.length
    }
    for (let round = 0; round < transactions; round++) {
      if (round % 3 === 1) {
        const pairs = pairsOf(round).map(([key]) => [key, `${abortedText} ${round}`] as const)
        expect(await producer.produceKeyed(topic, 0, pairs)).toBe('NONE')
        expect(await producer.abort()).toBe('NONE')
        recordCount += pairs.length
      }
      await commit(round)
    }
    // Each begins a new segment some time, so that those before it are cleaned.
    let round = transactions
    const isCleaned = async () => {
      await commit(round++)
      const values = await producer.read(topic, 0, { committed: false })
      return values.length < recordCount / 2 && !values.some((v) => v.startsWith(abortedText))
    }
    await waitFor(isCleaned, { what: `${topic} to be cleaned`, timeoutMs: 60_000 })
    return { last, recordCount }
  } finally {
    await client.close()
  }
}

/** What one transaction writes: every fifth record deletes its key. */
function pairsOf(round: number): (readonly [key: string, value: string | null])[] {
  return Array.from({ length: recordsPerTransaction }, (_, n) => {
    const key = `key-${(round * 7 + n * 5) % keyCount}`
    return [key, (round + n) % 5 === 0 ? null : `${round}.${n}-`.padEnd(200, 'x')] as const
  })
}

/** Complaints, but for the gaps that compaction leaves between offsets that rise. */
function faultsOf({ complaints }: Dump): string[] {
  return complaints.filter((line) => {
    const gap = /^ +(\d+) is followed by (\d+)/.exec(line)
    return gap === null || Number(gap[1]) >= Number(gap[2])
  })
}

function keptIn({ output }: Dump): { key: string; value: string | null }[] {
  const line = /^\| offset: \d+ .*valueSize: (-?\d+) .* key: (\S+)(?: payload: (.*))?$/gm
  return Array.from(output.matchAll(line), ([, size, key = '', payload = '']) => ({
    key,
    value: Number(size) < 0 ? null : payload,
  }))
}
