// How large replicas are, as each broker tells of its own disks (DescribeLogDirs).

import type { Cluster } from './cluster.ts'
import { ConnectionError, throwIfError } from './errors.ts'

/** Bytes of every replica of one broker, by partition: 'orders-3'. */
export type ReplicaSizes = ReadonlyMap<string, number>

export interface BrokerSizes {
  readonly sizes: ReplicaSizes
  readonly usedBytes: number
  /** Of all disks together; null where a broker cannot tell. */
  readonly usableBytes: number | null
  readonly failedDirs: readonly string[]
}

/** Of these brokers; those that cannot be reached are left out. */
export async function replicaSizes(
  cluster: Cluster,
  brokers: readonly number[],
): Promise<Map<number, BrokerSizes>> {
  const asked = brokers.map(async (broker): Promise<[number, BrokerSizes][]> => {
    try {
      return [[broker, await sizesOf(cluster, broker)]]
    } catch (error) {
      if (error instanceof ConnectionError) return []
      throw error
    }
  })
  return new Map((await Promise.all(asked)).flat())
}

async function sizesOf(cluster: Cluster, broker: number): Promise<BrokerSizes> {
  const { response } = await cluster.toBroker(broker, 'describeLogDirs', { topics: null })
  throwIfError(response.errorCode, `log directories of broker ${broker}`)
  const sizes = new Map<string, number>()
  const failedDirs: string[] = []
  let usedBytes = 0
  let usableBytes: number | null = 0
  for (const directory of response.results) {
    if (directory.errorCode !== 0) {
      failedDirs.push(directory.logDir)
      continue
    }
    if (directory.usableBytes < 0) usableBytes = null
    else if (usableBytes !== null) usableBytes += directory.usableBytes
    for (const { name, partitions } of directory.topics) {
      for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
        usedBytes += partitionSize
        if (!isFutureKey) sizes.set(`${name}-${partitionIndex}`, partitionSize)
      }
    }
  }
  return { sizes, usedBytes, usableBytes, failedDirs }
}
