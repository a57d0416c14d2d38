// Reads a topic by @platformatic/kafka, in a consumer group of its own.

import { Consumer } from '@platformatic/kafka'
import type { ReadRecord } from './records.ts'

const readTimeoutMs = 120_000

export async function readWithPlatformatic(
  bootstrap: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const consumer = new Consumer({
    clientId: 'conformance',
    bootstrapBrokers: bootstrap.split(','),
    groupId: `platformatic-${topic}`,
  })
  const records: ReadRecord[] = []
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true })
    const timer = setTimeout(() => {
      stream.destroy(new Error(`platformatic read ${records.length} of ${count} in time`))
    }, readTimeoutMs)
    for await (const { partition, offset, key, value } of stream) {
      records.push({ partition, offset: Number(offset), key: key.toString(), value })
      if (records.length >= count) break
    }
    clearTimeout(timer)
  } finally {
    await consumer.close(true)
  }
  return records
}
