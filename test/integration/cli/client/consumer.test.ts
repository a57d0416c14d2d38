// The consumer against a broker that answers as the test tells it to: where it starts and stops,
// what it does when leaders move and records are gone.

import { Cluster } from '@samsa/cli/client/cluster'
import { Consumer, type ConsumerOptions } from '@samsa/cli/client/consumer'
import type { Gap } from '@samsa/cli/client/fetcher'
import { readRecords } from '@samsa/cli/client/read-records'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeBroker, type FakeHandlers } from '../../../support/cli/fake-broker.ts'
import { FakeTopic, fakeTopicName } from '../../../support/cli/fake-topic.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function setUp(
  topic: FakeTopic,
  handlers: FakeHandlers = {},
  options: Partial<ConsumerOptions> = {},
) {
  const broker = await FakeBroker.start({ ...topic.handlers(), ...handlers })
  topic.port = broker.port
  const cluster = new Cluster({
    bootstrap: [{ host: '127.0.0.1', port: broker.port }],
    requestTimeoutMs: 2_000,
    signal: new AbortController().signal,
  })
  const gaps: Gap[] = []
  const consumer = new Consumer(cluster, {
    topics: [fakeTopicName],
    partitions: undefined,
    from: { kind: 'earliest' },
    isolation: 'read_uncommitted',
    group: undefined,
    untilEnd: true,
    onGap: (gap) => gaps.push(gap),
    ...options,
  })
  closers.push(
    () => broker.close(),
    () => cluster.close(),
  )
  return { broker, consumer, gaps }
}

/** Batches of two records each, named by partition and offset. */
function fill(topic: FakeTopic, batches: number): void {
  for (let index = 0; index < topic.partitions.length; index++) {
    for (let count = 0; count < batches; count++) {
      const first = topic.end(index)
      const records = [first, first + 1].map((offset) => ({
        key: null,
        value: Buffer.from(`${index}/${offset}`),
      }))
      topic.append(index, encodeBatch(records))
    }
  }
}

async function readToEnd(consumer: Consumer): Promise<string[]> {
  const values: string[] = []
  while (!consumer.isAtEnd) {
    const chunk = await consumer.next(1_000)
    if (chunk === undefined) continue
    for (const record of readRecords(chunk, 'read_uncommitted')) {
      if (!consumer.isPastEnd(record)) values.push(String(record.value))
    }
    consumer.delivered({ ...chunk, offset: chunk.nextOffset })
  }
  await consumer.close()
  return values.sort()
}

const expected = (topic: FakeTopic, from = 0) =>
  topic.partitions
    .flatMap((_, index) =>
      Array.from({ length: topic.end(index) }, (_ignored, offset) => ({ index, offset })),
    )
    .filter(({ offset }) => offset >= from)
    .map(({ index, offset }) => `${index}/${offset}`)
    .sort()

describe('Consumer', () => {
  it('reads every partition from the beginning to its end, once', async () => {
    const topic = new FakeTopic(3)
    fill(topic, 4)
    const { consumer } = await setUp(topic)
    expect(await readToEnd(consumer)).toEqual(expected(topic))
  })

  it('starts within a batch', async () => {
    const topic = new FakeTopic(2)
    fill(topic, 2)
    const { consumer } = await setUp(topic, {}, { from: { kind: 'offset', offset: 3 } })
    expect(await readToEnd(consumer)).toEqual(expected(topic, 3))
  })

  it('starts a distance before the end', async () => {
    const topic = new FakeTopic(1)
    fill(topic, 3)
    const { consumer } = await setUp(topic, {}, { from: { kind: 'shift', by: -1 } })
    expect(await readToEnd(consumer)).toEqual(['0/5'])
  })

  it('is at the end at once when there is nothing to read', async () => {
    const { consumer } = await setUp(new FakeTopic(2))
    expect(await readToEnd(consumer)).toEqual([])
  })

  it('reads only the partitions that were chosen', async () => {
    const topic = new FakeTopic(3)
    fill(topic, 1)
    const { consumer } = await setUp(topic, {}, { partitions: [1] })
    expect(await readToEnd(consumer)).toEqual(['1/0', '1/1'])
  })

  it('goes on after a leader moved, and after a connection broke', async () => {
    const topic = new FakeTopic(1)
    fill(topic, 4)
    const fetch = topic.handlers().fetch
    let fetches = 0
    const { consumer, broker } = await setUp(topic, {
      fetch: async (request, version) => {
        fetches++
        if (fetches === 2) return 'close'
        if (fetches !== 1) return (await fetch?.(request, version)) ?? 'close'
        const [asked] = request.topics
        return {
          sessionId: 0,
          responses: [
            {
              topic: asked?.topic ?? '',
              ...(asked === undefined ? {} : { topicId: asked.topicId }),
              partitions: [
                {
                  partitionIndex: 0,
                  errorCode: 6,
                  highWatermark: -1,
                  abortedTransactions: null,
                  records: null,
                },
              ],
            },
          ],
        }
      },
    })
    expect(await readToEnd(consumer)).toEqual(expected(topic))
    expect(broker.count('metadata')).toBeGreaterThanOrEqual(3)
  })

  it('tells of records that are gone and reads on behind them', async () => {
    const topic = new FakeTopic(1)
    fill(topic, 3)
    const listOffsets = topic.handlers().listOffsets
    let isFirst = true
    const { consumer, gaps } = await setUp(topic, {
      // Retention comes in between: the start is another one when it is asked for again.
      listOffsets: async (request, version) => {
        const answer = (await listOffsets?.(request, version)) ?? 'close'
        if (isFirst) topic.logStartOffset = 4
        isFirst = false
        return answer
      },
    })
    expect(await readToEnd(consumer)).toEqual(['0/4', '0/5'])
    expect(gaps).toEqual([{ topic: fakeTopicName, partition: 0, from: 0, to: 4 }])
  })

  it('fails for a topic that is not there, and says how to find one', async () => {
    const { consumer } = await setUp(new FakeTopic(1), {}, { topics: ['nothing'] })
    await expect(consumer.next(10)).rejects.toThrow("'samsa topic list'")
  })
})
