// What the systems are made to do. Each workload has a warm-up of its own size on a topic of its
// own.

import { consume, endToEnd, type Load, produce, type ToolResult } from './perf-tools.ts'

export const workloadNames = ['produce-1k', 'produce-100b', 'consume-1k', 'end-to-end'] as const
export type WorkloadName = (typeof workloadNames)[number]

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
}
