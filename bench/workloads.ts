// What the systems are made to do. Each workload has a warm-up of its own size on a topic of its
// own.

import { consume, endToEnd, type Load, produce, type ToolResult } from './perf-tools.ts'

export const nodeWorkloadNames = ['produce-1k', 'produce-100b', 'consume-1k', 'end-to-end'] as const
export const clusterWorkloadNames = [
  'cluster-produce-1k',
  'cluster-produce-100b',
  'cluster-consume-1k',
  'cluster-end-to-end',
] as const
export const workloadNames = [...nodeWorkloadNames, ...clusterWorkloadNames] as const
export type WorkloadName = (typeof workloadNames)[number]

/** Nodes of the cluster that the cluster workloads run on, and replicas of their topics. */
export const clusterNodes = 3

export function isOnCluster(name: WorkloadName): boolean {
  return clusterWorkloadNames.some((each) => each === name)
}

export interface Workload {
  title: string
  records: number
  recordBytes: number
  partitions: number
  /** Puts in place what the measured run needs and warms the same paths up. */
  warmUp(load: Load): Promise<unknown>
  measure(load: Load): Promise<ToolResult>
}

/** Records for one gigabyte at full scale. */
const gigabyteOf1k = 1_000_000
const gigabyteOf100b = 10_000_000
const roundTrips = 20_000

export const workloads: Record<WorkloadName, Workload> = {
  'produce-1k': {
    title: 'produce 1 KiB, acks=all',
    records: gigabyteOf1k,
    recordBytes: 1024,
    partitions: 6,
    warmUp: produce,
    measure: produce,
  },
  'produce-100b': {
    title: 'produce 100 B, acks=all',
    records: gigabyteOf100b,
    recordBytes: 100,
    partitions: 6,
    warmUp: produce,
    measure: produce,
  },
  'consume-1k': {
    title: 'consume 1 KiB',
    records: gigabyteOf1k,
    recordBytes: 1024,
    partitions: 6,
    async warmUp(load) {
      await produce(load)
      await consume(load)
    },
    measure: consume,
  },
  'end-to-end': {
    title: 'end to end, 100 B, one at a time',
    records: roundTrips,
    recordBytes: 100,
    partitions: 1,
    warmUp: endToEnd,
    measure: endToEnd,
  },
  'cluster-produce-1k': {
    title: 'three nodes: produce 1 KiB, acks=all',
    records: gigabyteOf1k / 2,
    recordBytes: 1024,
    partitions: 6,
    warmUp: produce,
    measure: produce,
  },
  'cluster-produce-100b': {
    title: 'three nodes: produce 100 B, acks=all',
    records: gigabyteOf100b / 4,
    recordBytes: 100,
    partitions: 6,
    warmUp: produce,
    measure: produce,
  },
  'cluster-consume-1k': {
    title: 'three nodes: consume 1 KiB',
    records: gigabyteOf1k / 2,
    recordBytes: 1024,
    partitions: 6,
    async warmUp(load) {
      await produce(load)
      await consume(load)
    },
    measure: consume,
  },
  'cluster-end-to-end': {
    title: 'three nodes: end to end, 100 B, one at a time',
    records: roundTrips / 4,
    recordBytes: 100,
    partitions: 1,
    warmUp: endToEnd,
    measure: endToEnd,
  },
}
