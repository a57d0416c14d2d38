// kafkajs with all four codecs, quiet logs and patience for a broker that is being killed.

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs, { type Kafka } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress as compressSnappy, uncompress as uncompressSnappy } from 'snappy'
import type { ReadRecord } from './records.ts'

// kafkajs is CommonJS and hides these names from named imports.
const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

interface Encoder {
  buffer: Buffer
}

// Java frames snappy as xerial's stream does: 16 bytes of header, then blocks with their lengths.
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHeaderSize = 16

CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: ({ buffer }: Encoder) => compressSnappy(buffer),
  decompress: decompressSnappy,
})
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }: Encoder) => compressFrame(buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: Encoder) => Promise.resolve(zstdCompressSync(buffer)),
  decompress: (buffer: Buffer) => Promise.resolve(zstdDecompressSync(buffer)),
})

async function decompressSnappy(buffer: Buffer): Promise<Buffer> {
  if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) return toBuffer(buffer)
  const blocks: Buffer[] = []
  for (let at = xerialHeaderSize; at < buffer.length; ) {
    const size = buffer.readInt32BE(at)
    blocks.push(await toBuffer(buffer.subarray(at + 4, at + 4 + size)))
    at += 4 + size
  }
  return Buffer.concat(blocks)
}

async function toBuffer(block: Buffer): Promise<Buffer> {
  return Buffer.from(await uncompressSnappy(block, { asBuffer: true }))
}

export function kafkaJs(bootstrap: string): Kafka {
  return new kafkajs.Kafka({
    clientId: 'conformance',
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 2_000, retries: 30 },
  })
}

const readTimeoutMs = 120_000

/** Reads `count` records of a topic in a consumer group of its own. */
export async function readWithKafkaJs(
  bootstrap: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const consumer = kafkaJs(bootstrap).consumer({ groupId: `kafkajs-${topic}` })
  const records: ReadRecord[] = []
  const done = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => {
    done.reject(new Error(`kafkajs read ${records.length} of ${count} records in time`))
  }, readTimeoutMs)
  consumer.on('consumer.crash', ({ payload }) => {
    // A coordinator that is still loading makes kafkajs start over by itself.
    if (!payload.restart) done.reject(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachBatch: ({ batch: { partition, messages } }) => {
        for (const { offset, key, value } of messages) {
          const bytes = value ?? Buffer.alloc(0)
          records.push({ partition, offset: Number(offset), key: String(key), value: bytes })
        }
        if (records.length >= count) done.resolve(undefined)
        return Promise.resolve()
      },
    })
    await done.promise
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
  return records
}

/** The end offset of every partition of a topic, by partition. */
export async function endOffsets(bootstrap: string, topic: string): Promise<Map<number, number>> {
  const admin = kafkaJs(bootstrap).admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  } finally {
    await admin.disconnect()
  }
}

export async function createTopic(
  bootstrap: string,
  topic: string,
  partitions: number,
  configs: Record<string, string> = {},
): Promise<void> {
  const admin = kafkaJs(bootstrap).admin()
  await admin.connect()
  try {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }],
      waitForLeaders: true,
    })
  } finally {
    await admin.disconnect()
  }
}
