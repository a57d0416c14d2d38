// DescribeLogDirs (key 35), versions 1-5: this node's log directories and the size of each
// partition in them. KIP-113, KIP-827 volume size (v4), KIP-1066 cordoned directories (v5; there
// are none).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { LogDirectoryDescription } from '../log/log-manager.ts'
import type { Handler, RequestOf } from './handler.ts'

export const describeLogDirs: Handler<'describeLogDirs'> = async (request, services) => {
  const directories = await services.replicas.logs.describe()
  return {
    errorCode: errorCodes.NONE,
    results: directories.map((directory) => ({
      errorCode: directory.online ? errorCodes.NONE : errorCodes.KAFKA_STORAGE_ERROR,
      logDir: directory.path,
      topics: directory.online ? byTopic(directory, request.topics) : [],
      totalBytes: directory.totalBytes,
      usableBytes: directory.usableBytes,
    })),
  }
}

function byTopic(
  directory: LogDirectoryDescription,
  wanted: RequestOf<'describeLogDirs'>['topics'],
) {
  const wantedOf = wanted && new Map(wanted.map((t) => [t.topic, new Set(t.partitions)]))
  const topics = new Map<string, ReturnType<typeof partitionRow>[]>()
  for (const log of directory.logs) {
    if (wantedOf !== null && wantedOf.get(log.topic)?.has(log.partition) !== true) continue
    const rows = topics.get(log.topic)
    if (rows === undefined) topics.set(log.topic, [partitionRow(log)])
    else rows.push(partitionRow(log))
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

function partitionRow({ partition, sizeBytes }: LogDirectoryDescription['logs'][number]) {
  return {
    partitionIndex: partition,
    partitionSize: sizeBytes,
    offsetLag: 0,
    isFutureKey: false,
  }
}
